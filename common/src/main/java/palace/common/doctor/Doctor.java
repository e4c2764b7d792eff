package palace.common.doctor;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.store.Palace;
import palace.common.store.PalaceLayout;

/// Examines a palace and says everything that is wrong with it. Nothing is written; damaged bytes
/// are findings and never exceptions.
public final class Doctor {
  private Doctor() {}

  /// Opens and examines a palace. One whose database cannot be read gets a diagnosis that says so.
  ///
  /// @throws PalaceException.Refused when the path is no palace, or one of a Chroma that is not
  ///   known
  public static Diagnosis examine(Path path, Progress progress) throws IOException {
    Path directory = Palace.locate(path);
    try (Palace palace = Palace.open(directory)) {
      return examine(palace, progress);
    } catch (PalaceException.DamagedDatabase e) {
      return unreadable(directory, e);
    }
  }

  private static Diagnosis unreadable(Path directory, PalaceException.DamagedDatabase e) {
    Path database = directory.resolve(PalaceLayout.DATABASE);
    String reason = String.valueOf(e.getMessage()).replace(database + ": ", "");
    return new Diagnosis(
        directory,
        Optional.empty(),
        List.of(new DatabaseFinding.Unreadable(database, reason)),
        List.of(new NotRun("every check of rows and indexes", "the database cannot be read", true)),
        List.of());
  }

  /// Examines an opened palace, which stays open.
  public static Diagnosis examine(Palace palace, Progress progress) throws IOException {
    return new Diagnosis(
        palace.layout().directory(),
        Optional.of(palace.level()),
        List.of(),
        List.of(),
        List.of());
  }
}
