package palace.common.doctor;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.SourceDatabase;
import palace.common.store.Palace;
import palace.common.store.PalaceLayout;

/// Examines a palace and says everything that is wrong with it. Nothing is written; damaged bytes
/// are findings and never exceptions. A check that fails for another reason is listed as not made.
public final class Doctor {
  private final Examination examination;
  private final CheckRun run;

  private Doctor(Examination examination, CheckRun run) {
    this.examination = examination;
    this.run = run;
  }

  /// Opens and examines a palace. Of a damaged database everything that can be had is taken into a
  /// private copy, and that is examined instead.
  ///
  /// @throws PalaceException.Refused when the path is no palace, or one of a Chroma that is not
  ///   known
  public static Diagnosis examine(Path path, Progress progress) throws IOException {
    return SalvagePreview.of(look(path, progress), progress);
  }

  /// As [#examine(Path, Progress)], but a palace that is too damaged to be opened as one is
  /// examined as far as SQLite can read its database.
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
    return examine(
        palace, progress, Readers.of(palace), CheckBounds.of(palace.layout().database()));
  }

  /// As [#examine(Palace, Progress)], through these connections, which are closed, and within these
  /// bounds.
  static Diagnosis examine(Palace palace, Progress progress, Readers readers, CheckBounds bounds) {
    var examination = new Examination(palace.layout(), palace.database(), palace.level());
    new DatabaseCheck(examination).condition(palace.condition());
    try (readers) {
      var doctor = new Doctor(examination, new CheckRun(examination, readers, bounds));
      doctor.make(PalaceChecks.ties(palace), PalaceChecks.all(palace), progress);
      doctor.compareWithCopies(palace, progress);
      palace
          .unsearched()
          .ifPresent(reason -> examination.notRun("free pages of the database", reason));
      return doctor.diagnosis();
    }
  }

  /// Looks for drawers and writes that belong to a collection without being read with it.
  ///
  /// @return one finding for each collection or segment, none where every tie holds
  public static List<Finding> untied(Palace palace) {
    var examination = new Examination(palace.layout(), palace.database(), palace.level());
    for (CheckUnit unit : PalaceChecks.ties(palace)) {
      examination.run(unit.name(), () -> unit.work().make(examination));
    }
    return examination.findings().stream()
        .filter(finding ->
            finding instanceof SegmentFinding.DrawersStray
                || finding instanceof QueueFinding.TopicWrong
                || finding instanceof CatalogueFinding.CollectionIdWrong
                || finding instanceof CatalogueFinding.CollectionRowMissing)
        .toList();
  }

  /// What stopped the palace from being opened must be among the findings, or it is none of ours.
  private static Diagnosis examineDatabase(
      PalaceLayout layout, Opening opening, PalaceException cause, Progress progress)
      throws IOException {
    try (SourceDatabase source = opening.open()) {
      var examination =
          new Examination(layout, source.database(), source.database().schema().level());
      new DatabaseCheck(examination).condition(source.condition());
      var run =
          new CheckRun(
              examination, Readers.only(source.database()), CheckBounds.of(layout.database()));
      var doctor = new Doctor(examination, run);
      doctor.make(PalaceChecks.tiesOfDatabase(), PalaceChecks.ofDatabase(), progress);
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

  /// What everything else assumes is looked at first.
  private void make(List<CheckUnit> first, List<CheckUnit> checks, Progress progress) {
    try (var step = progress.start("examining", first.size() + checks.size(), "checks")) {
      run.make(first, step);
      run.make(checks, step);
    }
  }

  /// What other places hold is compared with what the palace was found to hold.
  private void compareWithCopies(Palace palace, Progress progress) {
    CheckUnit copies =
        CheckUnit.optional(
            "interrupted repairs of other tools",
            part -> new SourceCheck(part, palace, List.copyOf(examination.summaries())).run());
    try (var step = progress.start("comparing with copies", 1, "checks")) {
      run.make(List.of(copies), step);
    }
  }

  private Diagnosis diagnosis() {
    return new Diagnosis(
        examination.layout().directory(),
        Optional.of(examination.level()),
        examination.findings(),
        examination.notRun(),
        examination.summaries());
  }
}
