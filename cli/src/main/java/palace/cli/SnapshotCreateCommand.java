package palace.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import palace.common.ExitCode;
import palace.common.PalaceException;
import palace.common.restore.TakeSnapshot;
import palace.common.snapshot.Snapshot;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The verb `snapshot create`.
@Command(
    name = "create",
    description =
        "Copies a palace, or its database alone, to where palace restore finds it. The palace is"
            + " only read; writers are held off meanwhile.",
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the snapshot is kept and durable",
      "1:failed; nothing of it is left",
      "2:wrong usage, such as an unknown scope",
      "3:no palace there, or too little room",
      "4:a person is needed; the message names the paths and the command to run",
      "6:busy: another process writes to the palace",
      "130:cancelled and undone"
    },
    footer = {
      "",
      "Examples:",
      "  palace snapshot create",
      "  palace snapshot create --scope db --quiet ~/.mempalace/palace"
    })
final class SnapshotCreateCommand extends Verb {
  private static final List<Snapshot.Scope> SCOPES =
      List.of(Snapshot.Scope.FULL, Snapshot.Scope.DATABASE);

  @Option(
      names = "--scope",
      paramLabel = "SCOPE",
      description =
          "full (the usual): everything in the palace. db: the database alone, which is small; it"
              + " goes back only where the index files still are.")
  private String scope = Snapshot.Scope.FULL.word();

  @Override
  Answer answer(Path palace) throws IOException {
    var request =
        new TakeSnapshot.Request(palace, scope(), options().patience(), PalaceVersion.number());
    beginChanging();
    Snapshot made = new TakeSnapshot(progress()).take(request);
    Snapshots snapshots = Snapshots.of(palace);
    return new Answer(
        ExitCode.DONE,
        "created",
        SnapshotJson.of(snapshots, made),
        List.of(
            SnapshotText.line(made, Instant.now()),
            "kept in " + snapshots.folder(made.id()),
            "put it back with: " + snapshots.wayBack(made.id())));
  }

  private Snapshot.Scope scope() throws PalaceException {
    return SCOPES.stream()
        .filter(known -> known.word().equals(scope))
        .findAny()
        .orElseThrow(() ->
            new PalaceException.Usage(
                "--scope " + scope + ": no such scope",
                "accepted are "
                    + SCOPES.stream()
                        .map(Snapshot.Scope::word)
                        .collect(Collectors.joining(" and "))));
  }
}
