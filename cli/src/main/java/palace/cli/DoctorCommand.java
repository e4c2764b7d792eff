package palace.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import palace.common.ExitCode;
import palace.common.chroma.CollectionRow;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Doctor;
import palace.common.doctor.SalvagedCopy;
import palace.common.lock.PalaceLock;
import palace.common.store.CollectionState;
import palace.common.store.ContentDigest;
import palace.common.store.Palace;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The verb `doctor`.
@Command(
    name = "doctor",
    description =
        "Examines a palace with every check there is, and says of each finding what it threatens,"
            + " what Chroma will do with it, and what cures it. Writes nothing.",
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:healthy; notices are no damage",
      "3:no palace there, or it cannot be read",
      "5:something is wrong"
    },
    footer = {
      "",
      "Examples:",
      "  palace doctor",
      "  palace doctor ~/.mempalace/palace --digest",
      "  palace doctor --json | jq -r '.findings[].code'"
    })
final class DoctorCommand extends Verb {
  private static final int BATCH_SIZE = 1000;

  @Option(
      names = "--digest",
      description =
          "Print each collection's content digest: equal digests mean equal drawers, documents,"
              + " metadata and vectors.")
  private boolean digest;

  @Override
  Answer answer(Path palace) throws IOException {
    Diagnosis diagnosis = Doctor.examine(palace, progress());
    boolean damaged = diagnosis.findings().stream().anyMatch(SalvagedCopy::isCuredBySalvage);
    boolean digestible = digest && diagnosis.level().isPresent() && !damaged;
    var examined =
        new Examined(
            diagnosis,
            PalaceLock.user(diagnosis.palace()),
            digestible ? digests(palace) : Map.of(),
            NextSteps.after(diagnosis));
    return new Answer(
        diagnosis.isHealthy() ? ExitCode.DONE : ExitCode.PROBLEMS_FOUND,
        diagnosis.isHealthy() ? "healthy" : "problems-found",
        DiagnosisJson.of(examined),
        DiagnosisText.of(examined));
  }

  private static Map<String, String> digests(Path path) throws IOException {
    var digests = new LinkedHashMap<String, String>();
    try (Palace palace = Palace.open(path)) {
      for (CollectionRow row : palace.collections()) {
        try (CollectionState collection = palace.open(row)) {
          digests.put(StatusText.name(row), ContentDigest.of(collection, BATCH_SIZE));
        }
      }
    }
    return digests;
  }
}
