package palace.common.doctor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.SchemaLevel;
import palace.common.store.PalaceLayout;

/// One examination under way, or a part of one that some thread makes by itself: what is looked at,
/// and what was found so far.
final class Examination {
  private final PalaceLayout layout;
  private final ChromaDatabase database;
  private final List<Finding> assumed;
  private final List<Finding> findings = new ArrayList<>();
  private final List<NotRun> notRun = new ArrayList<>();
  private final List<CollectionSummary> summaries = new ArrayList<>();
  private final SchemaLevel level;

  Examination(PalaceLayout layout, ChromaDatabase database, SchemaLevel level) {
    this(layout, database, level, List.of());
  }

  private Examination(
      PalaceLayout layout, ChromaDatabase database, SchemaLevel level, List<Finding> assumed) {
    this.layout = layout;
    this.database = database;
    this.level = level;
    this.assumed = assumed;
  }

  /// {@return a part that reads through another connection and knows what was found before it}
  Examination part(ChromaDatabase reader) {
    return new Examination(layout, reader, level, List.copyOf(findings));
  }

  /// Takes over what a part found.
  void take(Examination part) {
    findings.addAll(part.findings);
    notRun.addAll(part.notRun);
    summaries.addAll(part.summaries);
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

  void summary(CollectionSummary summary) {
    summaries.add(summary);
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

  void notRun(NotRun check) {
    notRun.add(check);
  }

  /// {@return what an exception says, without the name of the database file; whatever a check did
  /// not plan for is called a defect}
  String said(Exception e) {
    if (e instanceof RuntimeException) {
      return "this should never happen: " + e;
    }
    String message = e.getMessage();
    return message == null
        ? e.getClass().getSimpleName()
        : message.replace(layout.database() + ": ", "");
  }

  /// {@return whether some collection lacks its row, its id, a segment or drawers, so that what
  /// seems to belong to nothing may belong to it}
  boolean segmentsAreMissing() {
    return Stream.concat(assumed.stream(), findings.stream())
        .anyMatch(finding ->
            finding instanceof SegmentFinding.Missing
                || finding instanceof SegmentFinding.Displaced
                || finding instanceof SegmentFinding.DrawersStray
                || finding instanceof CatalogueFinding.CollectionIdWrong
                || finding instanceof CatalogueFinding.CollectionRowMissing);
  }

  /// {@return whether drawers or writes of a collection name another}
  boolean isUntied(CollectionName collection) {
    return Stream.concat(assumed.stream(), findings.stream())
        .anyMatch(finding ->
            switch (finding) {
              case CatalogueFinding.CollectionIdWrong wrong -> wrong.in().equals(collection);
              case SegmentFinding.DrawersStray drawers -> drawers.in().equals(collection);
              case QueueFinding.TopicWrong topic -> topic.in().equals(collection);
              default -> false;
            });
  }

  /// {@return whether a collection lacks the segment of a scope}
  boolean lacksSegment(CollectionName collection, String scope) {
    var missing = new SegmentFinding.Missing(collection, scope);
    return assumed.contains(missing) || findings.contains(missing);
  }

  List<Finding> findings() {
    return findings;
  }

  List<NotRun> notRun() {
    return notRun;
  }

  List<CollectionSummary> summaries() {
    return summaries;
  }
}
