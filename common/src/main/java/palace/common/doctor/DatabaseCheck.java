package palace.common.doctor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import palace.common.PalaceException;
import palace.common.chroma.DatabaseCondition;

/// Asks SQLite itself whether the file is whole (S1). Its integrity check also proves the inverted
/// index of FTS5 tables, without writing.
final class DatabaseCheck {
  private static final int MOST_MESSAGES = 1000;
  private static final int SHOWN = 5;
  private static final Pattern TREE = Pattern.compile("^Tree (\\d+)\\b");
  private static final Pattern OF_INDEX =
      Pattern.compile(
          "missing from index|wrong # of entries in index|non-unique entry in index|values differ"
              + " from index|of index ");
  private static final Pattern FULL_TEXT = Pattern.compile("FTS[345]|embedding_fulltext");
  private static final String OUT_OF_ORDER = "out of order";
  private static final String FULL_TEXT_TABLE = "embedding_fulltext";

  private final Examination examination;
  private final Map<Long, String> indexRoots = new HashMap<>();
  private final Map<Long, String> tableRoots = new HashMap<>();
  private final List<String> ofTables = new ArrayList<>();
  private final List<String> ofIndexes = new ArrayList<>();
  private final List<String> ofFullText = new ArrayList<>();
  private boolean rebuildable = true;

  DatabaseCheck(Examination examination) {
    this.examination = examination;
  }

  void condition(DatabaseCondition condition) {
    var file = examination.layout().database();
    switch (condition) {
      case DatabaseCondition.Clean clean -> {}
      case DatabaseCondition.HotJournal(long bytes) ->
          examination.found(new DatabaseFinding.InterruptedWrite(file, bytes));
      case DatabaseCondition.UnmergedLog(long bytes) ->
          examination.found(new DatabaseFinding.UnmergedLog(file, bytes));
    }
  }

  void integrity() throws IOException {
    try {
      readRoots();
      examination
          .database()
          .each("PRAGMA integrity_check(" + MOST_MESSAGES + ")", row -> sort(row.text(1)));
    } catch (PalaceException.DamagedDatabase e) {
      stopped(examination.said(e));
    }
    report();
  }

  private void readRoots() throws IOException {
    examination
        .database()
        .each(
            "SELECT type, rootpage, name FROM sqlite_master WHERE rootpage > 0",
            row ->
                (row.text(1).equals("index") ? indexRoots : tableRoots)
                    .put(row.integer(2), row.text(3)));
  }

  private void sort(String said) {
    for (String line : said.split("\n")) {
      if (!line.equals("ok") && !line.startsWith("***") && !line.isBlank()) {
        kindOf(line).add(line);
      }
    }
  }

  /// What SQLite keeps of a full-text table can be made again from the documents.
  private List<String> kindOf(String line) {
    Matcher tree = TREE.matcher(line);
    if (tree.find()) {
      long root = Long.parseLong(tree.group(1));
      if (tableRoots.getOrDefault(root, "").startsWith(FULL_TEXT_TABLE)) {
        return ofFullText;
      }
      if (!indexRoots.containsKey(root)) {
        return ofTables;
      }
      rebuildable &= line.endsWith(OUT_OF_ORDER);
      return ofIndexes;
    }
    if (OF_INDEX.matcher(line).find() || line.endsWith("never used")) {
      return ofIndexes;
    }
    return FULL_TEXT.matcher(line).find() ? ofFullText : ofTables;
  }

  /// SQLite looks at the structure of every tree before it stumbles over one while it compares
  /// rows.
  private void stopped(String reason) {
    if (ofIndexes.isEmpty() && ofFullText.isEmpty()) {
      ofTables.add(reason);
    }
    examination.notRun("the rest of SQLite's integrity check", reason);
  }

  private void report() {
    var file = examination.layout().database();
    if (!ofTables.isEmpty()) {
      examination.found(new DatabaseFinding.PagesDamaged(file, shown(ofTables), ofTables.size()));
    }
    if (!ofIndexes.isEmpty()) {
      examination.found(
          new DatabaseFinding.SqlIndexesDamaged(
              file, shown(ofIndexes), ofIndexes.size(), rebuildable));
    }
    if (!ofFullText.isEmpty()) {
      examination.found(new FullTextFinding.IndexDamaged(ofFullText.getFirst()));
    }
    if (ofTables.size() + ofIndexes.size() + ofFullText.size() >= MOST_MESSAGES) {
      examination.notRun("the rest of SQLite's integrity check", "too many places are damaged");
    }
  }

  private static List<String> shown(List<String> messages) {
    return List.copyOf(messages.subList(0, Math.min(SHOWN, messages.size())));
  }
}
