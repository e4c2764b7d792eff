package palace.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import palace.common.ExitCode;
import palace.common.snapshot.SnapshotEntry;
import picocli.CommandLine.Command;

/// The verb `snapshot list`.
@Command(
    name = "list",
    description =
        "Lists the kept states of a palace, the newest first: id, what it holds, which command kept"
            + " it, its age and size. Works while the palace itself is gone. Writes nothing.",
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:listed, or there are none",
      "3:neither a palace there, nor anything kept of one"
    },
    footer = {
      "",
      "Examples:",
      "  palace snapshot list",
      "  palace snapshot list --json | jq -r '.snapshots[0].id'"
    })
final class SnapshotListCommand extends Verb {
  @Override
  Answer answer(Path palace) throws IOException {
    Snapshots snapshots = Snapshots.of(palace);
    List<SnapshotEntry> entries = snapshots.list();
    return new Answer(
        ExitCode.DONE,
        "done",
        SnapshotJson.of(snapshots, entries),
        SnapshotText.of(snapshots, entries, Instant.now()));
  }
}
