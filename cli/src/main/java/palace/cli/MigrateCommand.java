package palace.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import palace.common.PalaceException;
import palace.common.chroma.ChromaRelease;
import palace.migrate.MigrationReport;
import palace.migrate.MigrationRequest;
import palace.migrate.PalaceMigrator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The verb `migrate`.
@Command(
    name = "migrate",
    description =
        "Makes a fresh palace for a Chroma release out of any palace: built beside the old one,"
            + " compared with it drawer by drawer, then exchanged in one step. The old one is kept"
            + " as a snapshot.",
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:migrated, or nothing to do",
      "1:failed; the palace is as it was before",
      "2:wrong usage, such as an unknown release",
      "3:refused by a check, or declined; the palace is as it was before",
      "4:a person is needed; the message names the paths and the command to run",
      "5:migrated, but drawers lack vectors that exist nowhere",
      "6:busy: another process holds the palace",
      "130:cancelled and undone"
    },
    footer = {
      "",
      "Examples:",
      "  palace migrate --dry-run",
      "  palace migrate --to 1.5.9 --yes ~/.mempalace/palace",
      "  palace migrate --to 0.6.3 --target old-format"
    })
final class MigrateCommand extends MutatingVerb {
  @Option(
      names = "--to",
      paramLabel = "VERSION",
      description = "The Chroma release to write for; the newest known unless given.")
  private Optional<String> release = Optional.empty();

  @Option(
      names = "--target",
      paramLabel = "DIR",
      description = "Put the new palace into this new directory and leave the old one alone.")
  private Optional<Path> target = Optional.empty();

  @Option(
      names = "--if-needed",
      description = "Do nothing where the palace is already what is asked for.")
  private boolean ifNeeded;

  @Option(names = "--keep-build", description = "Leave a build that failed where it is.")
  private boolean keepBuild;

  @Mixin private ForceOption force;

  @Mixin private BatchOption batch;

  @Override
  void requireSoundOptions() throws PalaceException {
    super.requireSoundOptions();
    batch.requireSound();
  }

  @Override
  Answer answer(Path palace) throws IOException {
    ChromaRelease wanted = release();
    var migrator = new PalaceMigrator(progress());
    if (dryRun()) {
      return answer(migrator.migrate(request(palace, wanted, true)));
    }
    if (!saidYes() && target.isEmpty()) {
      MigrationReport planned = migrator.migrate(request(palace, wanted, true));
      if (planned.outcome() instanceof MigrationReport.Outcome.NothingToDo) {
        return answer(planned);
      }
      requireConsent(MigrationText.plan(planned.plan()));
    }
    beginChanging();
    return answer(migrator.migrate(request(palace, wanted, false)));
  }

  private static Answer answer(MigrationReport report) {
    return new Answer(
        report.exitCode(),
        MigrationJson.word(report.outcome()),
        MigrationJson.of(report),
        MigrationText.of(report));
  }

  private MigrationRequest request(Path palace, ChromaRelease wanted, boolean onlyPlan) {
    return new MigrationRequest(
        palace,
        wanted,
        target,
        onlyPlan,
        ifNeeded,
        keepBuild,
        batch.size(),
        options().patience(),
        force.given(),
        PalaceVersion.number());
  }

  private ChromaRelease release() throws PalaceException {
    if (release.isEmpty()) {
      return ChromaRelease.NEWEST;
    }
    return ChromaRelease.parse(release.get())
        .orElseThrow(() ->
            new PalaceException.Usage(
                "--to " + release.get() + ": no Chroma release that palace writes for",
                "accepted are 0.5.0 to 0.6.3 and 1.0.0 to " + ChromaRelease.NEWEST));
  }
}
