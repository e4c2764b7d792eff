package palace.cli;

import java.io.IOException;
import java.nio.file.Path;
import palace.common.ExitCode;
import picocli.CommandLine.Command;

/// The verb `status`.
@Command(
    name = "status",
    description =
        "A palace at a glance: release, collections, where the vectors lie, sizes, snapshots and"
            + " leftovers. Writes nothing.",
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing needs attention",
      "3:no palace there, or it cannot be read",
      "5:drawers lack vectors, or a palace command was interrupted"
    },
    footer = {
      "",
      "Examples:",
      "  palace status",
      "  palace status ~/.mempalace/palace",
      "  palace status --json --quiet > status.json"
    })
final class StatusCommand extends Verb {
  @Override
  Answer answer(Path palace) throws IOException {
    PalaceStatus status = PalaceStatus.of(palace);
    return new Answer(
        status.needsAttention() ? ExitCode.PROBLEMS_FOUND : ExitCode.DONE,
        status.needsAttention() ? "problems-found" : "done",
        StatusJson.of(status),
        StatusText.of(status));
  }
}
