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
  private SchemaLevel level;

  Examination(PalaceLayout layout, ChromaDatabase database, SchemaLevel recorded) {
    this.layout = layout;
    this.database = database;
    this.level = recorded;
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

  /// {@return how far the migrations have really gone, which the table may not say}
  SchemaLevel level() {
    return level;
  }

  void applied(SchemaLevel really) {
    level = really;
  }

  void found(Finding finding) {
    findings.add(finding);
  }

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
      notRun.add(new NotRun(name, reasonOf(e), essential));
    }
  }

  private static String reasonOf(Exception e) {
    String said = e.getMessage();
    return said == null ? e.getClass().getSimpleName() : said;
  }

  boolean has(Class<? extends Finding> kind) {
    return findings.stream().anyMatch(kind::isInstance);
  }

  List<Finding> findings() {
    return findings;
  }

  List<NotRun> notRun() {
    return notRun;
  }
}
