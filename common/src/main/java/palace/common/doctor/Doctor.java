package palace.common.doctor;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.SourceDatabase;
import palace.common.store.CollectionState;
import palace.common.store.DrawerEntry;
import palace.common.store.Palace;
import palace.common.store.PalaceLayout;
import palace.common.store.VectorSource;

/// Examines a palace and says everything that is wrong with it. Nothing is written; damaged bytes
/// are findings and never exceptions. A check that fails for another reason is listed as not made.
public final class Doctor {
  private static final int DATABASE_CHECKS = 9;

  private final Examination examination;
  private final List<CollectionSummary> summaries = new ArrayList<>();

  private Doctor(Examination examination) {
    this.examination = examination;
  }

  /// Opens and examines a palace. Of a damaged database everything that can be had is taken into a
  /// private copy, and that is examined instead.
  ///
  /// @throws PalaceException.Refused when the path is no palace, or one of a Chroma that is not
  ///   known
  public static Diagnosis examine(Path path, Progress progress) throws IOException {
    return SalvagePreview.of(look(path, progress), progress);
  }

  /// As [#examine(Path, Progress)], but a palace that is too damaged to be opened as one is examined
  /// as far as SQLite can read its database.
  public static Diagnosis look(Path path, Progress progress) throws IOException {
    Path directory = Palace.locate(path);
    try (Palace palace = Palace.open(directory)) {
      return examine(palace, progress);
    } catch (PalaceException.DamagedDatabase | PalaceException.Failed e) {
      PalaceLayout layout = PalaceLayout.of(directory);
      return examineDatabase(layout, () -> SourceDatabase.open(layout.database()), e, progress);
    }
  }

  /// Examines a palace through a connection to its database that is open already, with whatever its
  /// own transaction has changed. The connection stays open.
  public static Diagnosis examine(Path path, ChromaDatabase database, Progress progress)
      throws IOException {
    Path directory = Palace.locate(path);
    try (Palace palace = Palace.over(directory, database)) {
      return examine(palace, progress);
    } catch (PalaceException.DamagedDatabase | PalaceException.Failed e) {
      return examineDatabase(
          PalaceLayout.of(directory), () -> SourceDatabase.over(database), e, progress);
    }
  }

  /// Opens the database of a palace.
  @FunctionalInterface
  private interface Opening {
    SourceDatabase open() throws IOException;
  }

  /// Examines an opened palace, which stays open.
  public static Diagnosis examine(Palace palace, Progress progress) {
    var examination = new Examination(palace.layout(), palace.database(), palace.level());
    var doctor = new Doctor(examination);
    new DatabaseCheck(examination).condition(palace.condition());
    doctor.database(progress);
    try (var step =
        progress.start("examining collections", palace.collections().size(), "collections")) {
      for (CollectionRow row : palace.collections()) {
        doctor.collection(palace, row);
        step.advance(1);
      }
    }
    return doctor.diagnosis();
  }

  /// What stopped the palace from being opened must be among the findings, or it is none of ours.
  private static Diagnosis examineDatabase(
      PalaceLayout layout, Opening opening, PalaceException cause, Progress progress)
      throws IOException {
    try (SourceDatabase source = opening.open()) {
      var examination = new Examination(layout, source.database(), source.database().level());
      var doctor = new Doctor(examination);
      new DatabaseCheck(examination).condition(source.condition());
      doctor.database(progress);
      examination.notRun("collections and their indexes", said(layout, cause));
      Diagnosis diagnosis = doctor.diagnosis();
      return diagnosis.damages().isEmpty() ? unreadable(layout, cause) : diagnosis;
    } catch (PalaceException.DamagedDatabase e) {
      return unreadable(layout, e);
    }
  }

  private static Diagnosis unreadable(PalaceLayout layout, PalaceException cause)
      throws PalaceException {
    if (!(cause instanceof PalaceException.DamagedDatabase)) {
      throw cause;
    }
    return new Diagnosis(
        layout.directory(),
        Optional.empty(),
        List.of(new DatabaseFinding.Unreadable(layout.database(), said(layout, cause))),
        List.of(new NotRun("every check of rows and indexes", "the database cannot be read", true)),
        List.of());
  }

  private static String said(PalaceLayout layout, PalaceException cause) {
    return String.valueOf(cause.getMessage()).replace(layout.database() + ": ", "");
  }

  private void database(Progress progress) {
    try (var step = progress.start("examining the database", DATABASE_CHECKS, "checks")) {
      examination.run("SQLite's integrity check", new DatabaseCheck(examination)::integrity);
      step.advance(1);
      examination.run("migrations", new MigrationCheck(examination)::run);
      step.advance(1);
      catalogue();
      step.advance(1);
      examination.run("full-text table", new FullTextCheck(examination)::run);
      step.advance(1);
      rows();
      step.advance(3);
      var queue = new QueueCheck(examination);
      examination.run("configuration of the queue", queue::configuration);
      examination.run("topics of the queue", queue::orphanTopics);
      step.advance(1);
      examination.run("directories without segment", false, new DirectoryCheck(examination)::run);
      examination.run("interrupted rebuilds", new LeftoverCheck(examination)::run);
      step.advance(1);
    }
  }

  private void catalogue() {
    var catalogue = new CatalogueCheck(examination);
    examination.run("tenants and databases", catalogue::tenantsAndDatabases);
    examination.run("ids", catalogue::ids);
    examination.run("segments", catalogue::segments);
    examination.run("rows of nothing that exists", false, catalogue::orphans);
  }

  private void rows() {
    var rows = new RowCheck(examination);
    examination.run("rows of embeddings", false, rows::orphanEmbeddings);
    examination.run("metadata of no drawer", rows::orphanMetadata);
    examination.run("types of metadata", rows::typedColumns);
    examination.run("lists beside values", rows::keysInTwoTables);
  }

  private void collection(Palace palace, CollectionRow row) {
    String of = " of collection " + row.name();
    examination.run(
        "drawers" + of,
        () -> {
          try (CollectionState state = palace.open(row)) {
            summaries.add(summary(state));
            var sequences = new SequenceCheck(examination, state, palace.queue().highest());
            examination.run("sequence numbers" + of, sequences::run);
            examination.run("configuration" + of, new ConfigurationCheck(examination, state)::run);
            examination.run(
                "queue rows" + of,
                () -> new QueueRowCheck(examination, state).run(consumedByBoth(state)));
            examination.run(
                "tail of the queue" + of, false, new QueueTailCheck(examination, state)::run);
            examination.run("index" + of, () -> IndexCheckup.run(examination, state));
          }
        });
  }

  /// Chroma reads the queue from where the slower segment is; an index that it takes for new is at
  /// the beginning.
  private static long consumedByBoth(CollectionState state) {
    boolean young =
        state.segment().isEmpty() || IndexPresence.of(state.segment().get()).isUninitialised();
    long vectors = young ? 0 : state.vectorConsumed().believed();
    return Math.min(vectors, state.metadataConsumed().believed());
  }

  private static CollectionSummary summary(CollectionState state) {
    return new CollectionSummary(
        state.row().id(),
        state.name(),
        state.entries().size(),
        state.vectorsInIndex(),
        state.vectorsInQueue(),
        state.entries().stream()
            .map(DrawerEntry::vector)
            .filter(VectorSource.InSibling.class::isInstance)
            .count(),
        state.missingVectors().size(),
        state.dimension(),
        state.space(),
        state.queueEntries().size());
  }

  private Diagnosis diagnosis() {
    return new Diagnosis(
        examination.layout().directory(),
        Optional.of(examination.level()),
        examination.findings(),
        examination.notRun(),
        summaries);
  }
}
