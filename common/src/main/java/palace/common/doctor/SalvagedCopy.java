package palace.common.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.SourceDatabase;
import palace.common.files.PrivateDirectory;
import palace.common.salvage.Salvage;
import palace.common.salvage.SalvageReport;
import palace.common.sqlite.RowidRange;
import palace.common.store.PalaceLayout;

/// A fresh database with everything that could be had of a palace's damaged one.
///
/// The damaged file is only read. A journal or log beside it is honoured in a private copy, as
/// SQLite would; where SQLite cannot, the file is taken as it is, and that is said.
///
/// @param file the fresh database
/// @param report what came out of the damaged one, and what did not
/// @param notes what an operator should know, one sentence each
public record SalvagedCopy(Path file, SalvageReport report, List<String> notes) {
  private static final List<String> SIDECARS = List.of("-wal", "-journal");

  /// Tables whose rows are made anew from others, or that nobody reads.
  private static final String DERIVED =
      "embedding_fulltext.*|migrations|maintenance_log|acquire_write|sqlite_.*";

  /// Keeps a copy of the list.
  public SalvagedCopy {
    notes = List.copyOf(notes);
  }

  /// Makes the fresh database in a folder of ours.
  ///
  /// @throws PalaceException.DamagedDatabase when nothing of Chroma's is found
  public static SalvagedCopy make(PalaceLayout layout, Path folder, Progress progress)
      throws IOException {
    Path fresh = folder.resolve(PalaceLayout.DATABASE);
    var segments =
        layout.segmentDirectories().stream()
            .map(directory -> directory.getFileName().toString())
            .collect(Collectors.toSet());
    var notes = new ArrayList<String>();
    try (PrivateDirectory copies = PrivateDirectory.createIn(folder)) {
      Path source = recovered(layout.database(), copies, notes).orElse(layout.database());
      SalvageReport report = Salvage.into(source, fresh, segments, progress);
      notes.addAll(report.notes());
      return new SalvagedCopy(fresh, report, notes);
    }
  }

  private static Optional<Path> recovered(
      Path database, PrivateDirectory copies, List<String> notes) throws IOException {
    List<Path> sidecars = new ArrayList<>();
    for (String suffix : SIDECARS) {
      Path sidecar = SourceDatabase.sidecar(database, suffix);
      if (Files.isRegularFile(sidecar) && Files.size(sidecar) > 0) {
        sidecars.add(sidecar);
      }
    }
    if (sidecars.isEmpty()) {
      return Optional.empty();
    }
    Path copy = copies.copyIn(database);
    for (Path sidecar : sidecars) {
      copies.copyIn(sidecar);
    }
    Optional<String> failure = recover(copy);
    if (failure.isEmpty() || isRecovered(copy)) {
      return Optional.of(copy);
    }
    notes.add(
        "%s could not be merged and was not counted: %s"
            .formatted(
                sidecars.stream()
                    .map(sidecar -> sidecar.getFileName().toString())
                    .collect(Collectors.joining(" and ")),
                failure.get()));
    return Optional.empty();
  }

  private static Optional<String> recover(Path copy) throws IOException {
    try (ChromaDatabase recovering = ChromaDatabase.openForWriting(copy)) {
      recovering.number("SELECT count(*) FROM sqlite_master");
      recovering.mergeLog();
      return Optional.empty();
    } catch (PalaceException e) {
      return Optional.of(String.valueOf(e.getMessage()).replace(copy + ": ", ""));
    }
  }

  /// SQLite plays a journal back before it looks at what the pages hold.
  private static boolean isRecovered(Path copy) throws IOException {
    for (String suffix : SIDECARS) {
      Path sidecar = SourceDatabase.sidecar(copy, suffix);
      if (Files.exists(sidecar) && Files.size(sidecar) > 0) {
        return false;
      }
    }
    return true;
  }

  /// {@return where rows that nothing else gives back are missing or may be, by table}
  public SortedMap<String, List<RowidRange>> lost() {
    var lost = new TreeMap<String, List<RowidRange>>();
    report
        .tables()
        .forEach((table, rows) -> {
          if (!table.matches(DERIVED) && !rows.lostRanges().isEmpty()) {
            lost.put(table, rows.lostRanges());
          }
        });
    return lost;
  }

  /// {@return what is wrong with the palace of a damaged database: what was seen of the damage,
  /// what is lost, and what else has to be cured in the fresh one}
  ///
  /// @param looked what SQLite could read
  /// @param salvaged what the doctor says about the fresh database
  public Diagnosis diagnosis(Diagnosis looked, Diagnosis salvaged) {
    Stream<Finding> damage =
        looked.findings().stream()
            .filter(finding -> isCuredBySalvage(finding) || isBeside(finding));
    Stream<Finding> losses =
        lost().isEmpty()
            ? Stream.of()
            : Stream.of(
                new DatabaseFinding.RowsLost(databaseOf(looked), lost(), drawers(salvaged)));
    return new Diagnosis(
        salvaged.palace(),
        salvaged.level(),
        Stream.of(damage, losses, salvaged.findings().stream()).flatMap(part -> part).toList(),
        salvaged.notRun(),
        salvaged.collections());
  }

  private static Path databaseOf(Diagnosis diagnosis) {
    return diagnosis.palace().resolve(PalaceLayout.DATABASE);
  }

  private static long drawers(Diagnosis diagnosis) {
    return diagnosis.collections().stream().mapToLong(CollectionSummary::drawers).sum();
  }

  private static boolean isBeside(Finding finding) {
    return finding instanceof DatabaseFinding.InterruptedWrite
        || finding instanceof DatabaseFinding.UnmergedLog;
  }

  /// {@return whether a finding is cured by a fresh database alone}
  public static boolean isCuredBySalvage(Finding finding) {
    return finding instanceof MigrationFinding.HalfDone
        || finding instanceof DatabaseFinding of && isDamage(of);
  }

  private static boolean isDamage(DatabaseFinding finding) {
    return switch (finding) {
      case DatabaseFinding.Unreadable file -> true;
      case DatabaseFinding.PagesDamaged pages -> true;
      case DatabaseFinding.TableMissing table -> true;
      case DatabaseFinding.RowsLost rows -> true;
      case DatabaseFinding.NothingLeft file -> true;
      case DatabaseFinding.SqlIndexesDamaged indexes -> !indexes.rebuildable();
      case DatabaseFinding.InterruptedWrite write -> false;
      case DatabaseFinding.UnmergedLog log -> false;
    };
  }
}
