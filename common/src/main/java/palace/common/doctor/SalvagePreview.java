package palace.common.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.files.LiveFiles;
import palace.common.files.PrivateDirectory;
import palace.common.sources.Source;
import palace.common.sources.UnfinishedSwap;
import palace.common.store.PalaceLayout;

/// What a palace with a damaged database would be after a rescue: everything that can be had is
/// taken into a private directory and examined there with the palace's own indexes. A part of
/// another palace is none: the palace from before goes back instead.
final class SalvagePreview {
  private static final String CHECK = "what can be had of the damaged database";

  private SalvagePreview() {}

  /// {@return the diagnosis with what a rescue would give, or the same one where none is needed}
  static Diagnosis of(Diagnosis looked, Progress progress) throws IOException {
    PalaceLayout layout = PalaceLayout.of(looked.palace());
    if (looked.damages().isEmpty() || LiveFiles.isOpen(layout.database())) {
      return looked;
    }
    boolean needed = looked.findings().stream().anyMatch(SalvagedCopy::isCuredBySalvage);
    long size = Files.size(layout.database());
    long room = PrivateDirectory.room();
    if (needed && room < size) {
      return with(
          looked,
          List.of(),
          "the temporary folder has %,d bytes free, it may need %,d".formatted(room, size));
    }
    Optional<Source.Copy> before = UnfinishedSwap.at(layout.directory(), progress);
    if (before.isPresent()) {
      return unfinished(looked, before.get());
    }
    return needed ? salvaged(layout, looked, progress) : looked;
  }

  /// What is damaged was never the palace.
  private static Diagnosis unfinished(Diagnosis looked, Source.Copy before) {
    return new Diagnosis(
        looked.palace(),
        looked.level(),
        List.of(new DirectoryFinding.SwapUnfinished(looked.palace(), before)),
        looked.notRun(),
        looked.collections());
  }

  private static Diagnosis salvaged(PalaceLayout layout, Diagnosis looked, Progress progress)
      throws IOException {
    try (PrivateDirectory directory = PrivateDirectory.create()) {
      SalvagedCopy copy = SalvagedCopy.make(layout, directory.path(), progress);
      try (ChromaDatabase database = ChromaDatabase.openReadOnly(copy.file())) {
        return copy.diagnosis(looked, Doctor.examine(looked.palace(), database, progress));
      }
    } catch (PalaceException.DamagedDatabase e) {
      String said = String.valueOf(e.getMessage()).replace(layout.database() + ": ", "");
      return with(looked, List.of(new DatabaseFinding.NothingLeft(layout.database(), said)), said);
    }
  }

  private static Diagnosis with(Diagnosis looked, List<Finding> more, String reason) {
    var findings = new ArrayList<>(looked.findings());
    findings.addAll(more);
    var notRun = new ArrayList<>(looked.notRun());
    notRun.add(new NotRun(CHECK, reason, true));
    return new Diagnosis(looked.palace(), looked.level(), findings, notRun, looked.collections());
  }
}
