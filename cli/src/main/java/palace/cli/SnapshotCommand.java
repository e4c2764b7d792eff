package palace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The verbs about kept states: `snapshot create`, `snapshot list`, `snapshot verify`.
@Command(
    name = "snapshot",
    description =
        "Kept states of a palace to go back to. Every migrate, repair and restore keeps one of what"
            + " it replaces; these verbs make one on request, list them, and prove that they are"
            + " still what they were. palace restore puts one back.",
    synopsisSubcommandLabel = "VERB",
    sortOptions = false,
    commandListHeading = "%nVerbs:%n",
    subcommands = {
      SnapshotCreateCommand.class,
      SnapshotListCommand.class,
      SnapshotVerifyCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"2:wrong usage; each verb has its own list"},
    footer = {
      "",
      "Examples:",
      "  palace snapshot list",
      "  palace snapshot create ~/.mempalace/palace",
      "  palace snapshot verify --quiet"
    })
final class SnapshotCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing");
  }
}
