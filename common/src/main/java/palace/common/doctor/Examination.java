package palace.common.doctor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.SchemaLevel;
import palace.common.store.PalaceLayout;

/// One examination under way: what is looked at, and what was found so far.
final class Examination {
  private final PalaceLayout layout;
  private final ChromaDatabase database;
  private final List<Finding> findings = new ArrayList<>();
  private final List<NotRun> notRun = new ArrayList<>();
  private final SchemaLevel level;

  Examination(PalaceLayout layout, ChromaDatabase database, SchemaLevel level) {
    this.layout = layout;
    this.database = database;
    this.level = level;
  }

  /// One check; whatever it throws means that it could not be made.
  @FunctionalInterface
  interface Check {
    void run() throws IOException;
  }

  PalaceLayout layout() {
    return layout;
  }

  ChromaDatabase database() {
    return database;
  }

  /// {@return the level that the tables have, whatever `migrations` says}
  SchemaLevel level() {
    return level;
  }

  void found(Finding finding) {
    findings.add(finding);
  }

  /// Notes an essential check that could not be made.
  void notRun(String check, String reason) {
    notRun.add(new NotRun(check, reason, true));
  }

  /// Makes a check that nobody may skip.
  void run(String name, Check check) {
    run(name, true, check);
  }

  /// Makes a check; a failure in it is no verdict about the palace.
  void run(String name, boolean essential, Check check) {
    try {
      check.run();
    } catch (IOException | RuntimeException e) {
      notRun.add(new NotRun(name, said(e), essential));
    } catch (InternalError e) {
      // What Java throws when the bytes of a mapped file cannot be had.
      notRun.add(
          new NotRun(name, "a file became shorter, or its disk could not read it", essential));
    }
  }

  /// {@return what an exception says, without the name of the database file; whatever a check did not
  /// plan for is called a defect}
  String said(Exception e) {
    if (e instanceof RuntimeException) {
      return "this should never happen: " + e;
    }
    String message = e.getMessage();
    return message == null
        ? e.getClass().getSimpleName()
        : message.replace(layout.database() + ": ", "");
  }

  /// {@return whether some collection lacks a segment: what seems to belong to nothing may belong
  // to
  /// it}
  boolean segmentsAreMissing() {
    return findings.stream().anyMatch(SegmentFinding.Missing.class::isInstance);
  }

  /// {@return whether a collection lacks the segment of a scope}
  boolean lacksSegment(CollectionName collection, String scope) {
    return findings.contains(new SegmentFinding.Missing(collection, scope));
  }

  List<Finding> findings() {
    return findings;
  }

  List<NotRun> notRun() {
    return notRun;
  }
}
