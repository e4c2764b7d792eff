package palace.common.salvage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.sqlite.PageFile;

/// Takes Chroma's rows out of a damaged database.
public final class Salvage {
  private Salvage() {}

  /// As [#into(Path, Path, Set, Progress)], for a palace whose segment directories are not known.
  public static SalvageReport into(Path damaged, Path fresh, Progress progress) throws IOException {
    return into(damaged, fresh, Set.of(), progress);
  }

  /// Reads a damaged database page by page and makes a fresh one with every row that can be had.
  ///
  /// The damaged file is only read, and no connection of this process may have it open. `fresh`
  /// must not exist yet; when this throws, what stands there is worthless.
  ///
  /// @param segmentDirectories names of the directories beside the database that hold an index: the
  ///   last trace of a vector segment whose row is lost
  /// @throws PalaceException.DamagedDatabase when nothing of Chroma's is found
  public static SalvageReport into(
      Path damaged, Path fresh, Set<String> segmentDirectories, Progress progress)
      throws IOException {
    try (PageFile file = PageFile.open(damaged)) {
      Survey survey = Survey.of(file, progress);
      if (!survey.hasAnythingOfChroma()) {
        throw new PalaceException.DamagedDatabase(
            damaged + ": no page of it holds anything of Chroma's",
            "if other copies of this palace exist (a backup, a snapshot), try those",
            new IOException("no table of Chroma's"));
      }
      try (ChromaDatabase database = ChromaDatabase.create(fresh)) {
        return SalvageRun.into(survey, database, segmentDirectories, progress);
      }
    }
  }
}
