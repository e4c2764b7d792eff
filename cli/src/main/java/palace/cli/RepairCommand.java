package palace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import palace.common.PalaceException;
import palace.repair.Outcome;
import palace.repair.Repair;
import palace.repair.RepairRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The verb `repair`.
@Command(
    name = "repair",
    description =
        "Examines a palace and cures what is wrong, after the database was copied into a snapshot:"
            + " indexes are built anew beside the old ones, all rows change in one transaction."
            + " Nothing is embedded again while its vector exists anywhere.",
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:repaired and healthy, or nothing to do",
      "1:failed; the palace is as it was before",
      "2:wrong usage",
      "3:refused by a check, or declined; the palace is as it was before",
      "4:a person is needed; the message names the paths and the command to run",
      "5:repaired as far as possible; findings remain, or drawers lack vectors",
      "6:busy: another process holds the palace",
      "130:cancelled and undone"
    },
    footer = {
      "",
      "Examples:",
      "  palace repair --dry-run",
      "  palace repair ~/.mempalace/palace",
      "  palace repair --embedder http://localhost:11434 --embedder-model all-minilm --yes"
    })
final class RepairCommand extends MutatingVerb {
  @Option(
      names = "--collection",
      paramLabel = "NAME",
      description = "With --rebuild-index or --treatment flush-queue: only this collection.")
  private Optional<String> collection = Optional.empty();

  @Option(
      names = "--rebuild-index",
      description = "Build indexes anew even where nothing is wrong with them.")
  private boolean rebuildIndex;

  @Option(
      names = "--if-needed",
      description = "Do nothing to a healthy palace, even with --rebuild-index.")
  private boolean ifNeeded;

  @Option(
      names = "--source",
      paramLabel = "DIR",
      description =
          "Take drawers and vectors that are missing from this directory too: a backup, another"
              + " tool's leftover, an older palace. Repeatable.")
  private List<Path> sources = new ArrayList<>();

  @Option(
      names = "--accept-loss",
      description =
          "Go on where a treatment discards something that can still be read. Without it the"
              + " repair stops before that and says what it is.")
  private boolean acceptLoss;

  @Mixin private EmbedderOptions embedder;

  @Mixin private TreatmentOptions treatments;

  @Mixin private ForceOption force;

  @Mixin private BatchOption batch;

  @Override
  void requireSoundOptions() throws PalaceException {
    super.requireSoundOptions();
    batch.requireSound();
    if (collection.isPresent() && !rebuildIndex && !treatments.flushes()) {
      throw new PalaceException.Usage(
          "--collection without --rebuild-index or --treatment flush-queue",
          "only these have a choice; everything else cures what is wrong wherever it is");
    }
    for (Path source : sources) {
      if (!Files.exists(source)) {
        throw new PalaceException.Usage("--source " + source + ": no such directory", "");
      }
    }
    embedder.endpoint(environment());
  }

  @Override
  Answer answer(Path palace) throws IOException {
    var repair = new Repair(progress());
    if (ifNeeded && rebuildIndex) {
      Outcome examined = repair.run(request(palace, false).planned());
      if (examined instanceof Outcome.Healthy) {
        return answer(examined);
      }
    }
    RepairRequest request = request(palace, rebuildIndex);
    if (dryRun()) {
      return answer(repair.run(request.planned()));
    }
    if (!saidYes()) {
      Outcome planned = repair.run(request.planned());
      if (!(planned instanceof Outcome.Planned(var plan))) {
        return answer(planned);
      }
      requireConsent(RepairText.plan(plan));
    }
    beginChanging();
    return answer(repair.run(request));
  }

  private static Answer answer(Outcome outcome) {
    return new Answer(
        outcome.exitCode(),
        RepairJson.word(outcome),
        RepairJson.of(outcome),
        RepairText.of(outcome));
  }

  private RepairRequest request(Path palace, boolean anew) throws PalaceException.Usage {
    RepairRequest request =
        RepairRequest.of(palace, PalaceVersion.number())
            .withCollection(collection)
            .withRebuiltIndex(anew)
            .withBatchSize(batch.size())
            .withPatience(options().patience())
            .withForce(force.given())
            .withAcceptedLoss(acceptLoss)
            .withSources(sources)
            .withEmbedder(embedder.endpoint(environment()));
    return treatments.in(request);
  }
}
