package palace.cli;

import java.io.IOException;
import java.nio.file.Path;
import palace.common.ExitCode;
import palace.common.restore.Restore;
import palace.common.restore.RestorePlan;
import palace.common.restore.RestoreReport;
import palace.common.restore.RestoreRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// The verb `restore`.
@Command(
    name = "restore",
    description =
        "Puts a kept state back: verified first, then exchanged in one step. What it takes the place"
            + " of becomes a snapshot, so a restore is undone by another. Works while the palace"
            + " itself is gone.",
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:restored, or already in place",
      "1:failed; the palace is as it was before",
      "2:wrong usage",
      "3:no such snapshot, a damaged one, too little room, or declined; the palace is as before",
      "4:a person is needed; the message names the paths and the command to run",
      "5:with --dry-run: the snapshot is damaged",
      "6:busy: another process holds the palace",
      "130:cancelled and undone"
    },
    footer = {
      "",
      "Examples:",
      "  palace snapshot list",
      "  palace restore 20261121T034700Z-1a2b3c --dry-run",
      "  palace restore 20261121T034700Z-1a2b3c --yes ~/.mempalace/palace"
    })
final class RestoreCommand extends MutatingVerb {
  @Parameters(
      index = "0",
      paramLabel = "ID",
      description = "The snapshot, as palace snapshot list names it.")
  private String id = "";

  @Mixin private ForceOption force;

  @Override
  Answer answer(Path palace) throws IOException {
    Snapshots.of(palace);
    var restore = new Restore(progress());
    if (dryRun() || !saidYes()) {
      RestorePlan plan = restore.plan(palace, id);
      if (dryRun() || plan instanceof RestorePlan.AlreadyInPlace) {
        return planned(plan);
      }
      // A damaged snapshot is refused by the restore itself, which names every file.
      if (plan instanceof RestorePlan.PutBack putBack && putBack.verified()) {
        requireConsent(RestoreText.plan(plan));
      }
    }
    beginChanging();
    return done(
        restore.restore(
            new RestoreRequest(
                palace, id, force.given(), options().patience(), PalaceVersion.number())));
  }

  private static Answer planned(RestorePlan plan) {
    boolean sound = !(plan instanceof RestorePlan.PutBack putBack) || putBack.verified();
    return new Answer(
        sound ? ExitCode.DONE : ExitCode.PROBLEMS_FOUND,
        RestoreJson.word(plan),
        RestoreJson.of(plan),
        RestoreText.of(plan));
  }

  private static Answer done(RestoreReport report) {
    return new Answer(
        ExitCode.DONE,
        RestoreJson.word(report.outcome()),
        RestoreJson.of(report),
        RestoreText.of(report));
  }
}
