package palace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import palace.common.ExitCode;
import palace.common.lock.PalaceLock;
import palace.common.restore.Direction;
import palace.common.restore.Pending;
import palace.common.restore.Recovery;
import palace.common.restore.Settled;
import palace.common.store.Palace;
import palace.common.swap.PalacePaths;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The verb `recover`.
@Command(
    name = "recover",
    description =
        "Settles what an interrupted palace command left: undoes it, or finishes it where it was"
            + " past undoing. Every command that changes a palace does the same first; this one does"
            + " nothing else. May itself be interrupted and run again.",
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:settled, or nothing to do",
      "1:failed; run it again once the cause is gone",
      "2:wrong usage",
      "3:neither a palace there, nor anything kept of one",
      "4:a person is needed; the message names all paths, and nothing was touched",
      "5:with --dry-run: something is to be settled",
      "6:busy: another palace command is at work"
    },
    footer = {
      "",
      "Examples:",
      "  palace recover --dry-run",
      "  palace recover ~/.mempalace/palace",
      "  palace recover --forward"
    })
final class RecoverCommand extends Verb {
  @ArgGroup(exclusive = true)
  private Way way = new Way();

  @Option(names = "--dry-run", description = "Say what is to be settled and stop.")
  private boolean dryRun;

  @Option(
      names = {"-y", "--yes"},
      description = "Taken for granted: nothing that can be lost is touched.")
  @SuppressWarnings("UnusedVariable")
  private boolean yes;

  /// Which way, where both are open.
  private static final class Way {
    @Option(
        names = "--back",
        description = "Where both ways are open, put the previous palace back; the usual way.")
    @SuppressWarnings("UnusedVariable")
    private boolean back;

    @Option(
        names = "--forward",
        description = "Where both ways are open, take the new palace, which was proven.")
    private boolean forward;
  }

  @Override
  boolean settlesFirst() {
    return false;
  }

  @Override
  Answer answer(Path palace) throws IOException {
    requireTrace(palace);
    if (dryRun) {
      return planned(Recovery.look(palace));
    }
    beginChanging();
    try (PalaceLock lock = PalaceLock.acquire(palace, "recover", options().patience())) {
      Direction direction = way.forward ? Direction.FORWARD : Direction.BACK;
      return done(Recovery.settle(lock, palace, direction, PalaceVersion.number()));
    }
  }

  /// A name at which nothing is and of which nothing is kept is a mistake, not a lost palace.
  private static void requireTrace(Path palace) throws IOException {
    Path parent = palace.toAbsolutePath().normalize().getParent();
    boolean reachable = parent != null && Files.isDirectory(parent);
    if (!reachable
        || Recovery.look(palace).nothing()
            && !Files.isDirectory(PalacePaths.opsOf(palace), LinkOption.NOFOLLOW_LINKS)) {
      Palace.locate(palace);
    }
  }

  private static Answer planned(Pending pending) {
    boolean nothing = pending.nothing();
    return new Answer(
        nothing ? ExitCode.DONE : ExitCode.PROBLEMS_FOUND,
        nothing ? "nothing-to-do" : "planned",
        RecoveryJson.of(pending),
        nothing ? List.of("nothing to recover") : RecoveryText.of(pending));
  }

  private static Answer done(Settled settled) {
    return new Answer(
        ExitCode.DONE,
        settled.nothing() ? "nothing-to-do" : "recovered",
        RecoveryJson.of(settled),
        settled.nothing() ? List.of("nothing to recover") : RecoveryText.of(settled));
  }
}
