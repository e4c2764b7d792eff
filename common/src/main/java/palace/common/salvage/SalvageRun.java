package palace.common.salvage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.FreshSchema;
import palace.common.chroma.FullText;
import palace.common.chroma.SchemaLevel;
import palace.common.sqlite.RecordReader;
import palace.common.sqlite.RowidRange;

/// One salvage: level, tables, what the tables lack from elsewhere, catalogue, full text, proof.
final class SalvageRun {
  private static final int SAMPLE_PAGES = 64;

  private final Survey survey;
  private final ChromaDatabase database;
  private final Set<String> segmentDirectories;
  private final Progress progress;
  private final SchemaLevel level;
  private final Map<ChromaTable, TableLoad> loads = new EnumMap<>(ChromaTable.class);
  private final List<String> notes = new ArrayList<>();
  private final List<SalvageReport.LostKey> lostKeys = new ArrayList<>();

  private SalvageRun(
      Survey survey,
      SchemaLevel level,
      ChromaDatabase database,
      Set<String> segmentDirectories,
      Progress progress) {
    this.survey = survey;
    this.level = level;
    this.database = database;
    this.segmentDirectories = segmentDirectories;
    this.progress = progress;
  }

  /// Makes the rows of a surveyed file those of an empty database.
  static SalvageReport into(
      Survey survey, ChromaDatabase database, Set<String> segmentDirectories, Progress progress)
      throws IOException {
    LevelProof proof = levelOf(survey);
    FreshSchema.create(database, proof.level());
    var run = new SalvageRun(survey, proof.level(), database, segmentDirectories, progress);
    if (proof.isRaised()) {
      run.notes.add(
          "not every migration left a trace: the level is the lowest of a release that fits, "
              + proof.level());
    }
    return run.run();
  }

  private static LevelProof levelOf(Survey survey) {
    var proof = new LevelProof();
    proof.takeSchema(survey.schema());
    RecordReader records = RecordReader.ofLocalParts(survey.file());
    for (ChromaTable table : ChromaTable.values()) {
      int pages = 0;
      for (long number : survey.tree(table).content()) {
        if (++pages <= SAMPLE_PAGES) {
          sample(survey, table, number, records, proof);
        }
      }
      survey.strays(table).stream()
          .limit(SAMPLE_PAGES)
          .forEach(page -> sample(survey, table, page.number(), records, proof));
    }
    return proof;
  }

  private static void sample(
      Survey survey, ChromaTable table, long number, RecordReader records, LevelProof proof) {
    survey
        .file()
        .page(number)
        .ifPresent(page ->
            records.readAll(page).stream()
                .filter(table::fits)
                .forEach(row -> proof.takeRow(table, row)));
  }

  private SalvageReport run() throws IOException {
    database.inTransaction(this::fill);
    requireSound();
    return report();
  }

  private void fill() throws IOException {
    emptyDefaults();
    try (Progress.Step step =
        progress.start("salvaging rows", survey.file().shape().pages(), "pages")) {
      for (ChromaTable table : ChromaTable.values()) {
        if (table != ChromaTable.MIGRATIONS && database.schema().hasTable(table.table())) {
          load(table);
          step.advance(survey.tree(table).content().size());
        }
      }
    }
    rebuild();
    FullText.fill(database, level);
    writeConsumed();
  }

  /// Only where drawers can be missing: otherwise one that is not there was deleted.
  private void writeConsumed() throws IOException {
    TableLoad drawers = load(loads, ChromaTable.EMBEDDINGS);
    if (drawers.holes().isEmpty() && drawers.lostPart() == 0) {
      return;
    }
    var consumed = new ConsumedWrites(database, level, load(loads, ChromaTable.QUEUE).holes());
    consumed.run();
    note(consumed.written(), "drawers come from the queue, which had given them to the collection");
    lostKeys.addAll(consumed.lostKeys());
  }

  private void rebuild() throws IOException {
    var drawers =
        new DrawerEvidence(survey, database, level, load(loads, ChromaTable.EMBEDDINGS).holes());
    var living = new LivingRows(survey, database);
    living.keepNamed(load(loads, ChromaTable.EMBEDDINGS), DrawerEvidence.INDEX, "tti");
    drawers.run();
    new CatalogueEvidence(survey, database, level, loads, segmentDirectories, notes).run();
    drawers.number();
    var metadata =
        new MetadataEvidence(survey, database, level, load(loads, ChromaTable.EMBEDDING_METADATA));
    living.keepNamed(load(loads, ChromaTable.EMBEDDING_METADATA), MetadataEvidence.KEYS, "iti");
    metadata.run();
    living.keepOwned(load(loads, ChromaTable.EMBEDDING_METADATA));
    if (level.hasArrays()) {
      living.keepOwned(load(loads, ChromaTable.EMBEDDING_METADATA_ARRAY));
    }
    note(
        drawers.rebuilt(),
        "drawers have their id from an index; their sequence number and time are set anew");
    note(metadata.fromIndexes(), "metadata values come from indexes");
    note(metadata.documents(), "documents come from the full-text table");
    note(metadata.fromQueue(), "metadata values come from the queue");
    lostKeys.addAll(metadata.lostKeys());
    note(metadata.keysWithoutValue(), "metadata values are lost although their keys are known");
    for (TableLoad load : loads.values()) {
      note(load.lostPart(), "rows of %s have lost a part on other pages".formatted(load.table()));
      note(
          load.overlapping(),
          "pages of %s without a parent are older than others and were left alone"
              .formatted(load.table()));
    }
    note(survey.unknown(), "pages with rows belong to no table that could be told");
    noteFreelist();
  }

  private static TableLoad load(Map<ChromaTable, TableLoad> loads, ChromaTable table) {
    return Objects.requireNonNull(loads.get(table), table.table());
  }

  private void note(long count, String what) {
    if (count > 0) {
      notes.add(count + " " + what);
    }
  }

  private void noteFreelist() {
    boolean stray = loads.values().stream().anyMatch(load -> load.strayPages() > 0);
    if (stray && !survey.free().isComplete()) {
      notes.add(
          "which pages were free is not wholly known: a row that was deleted may be among those without a parent");
    }
  }

  /// The migrations have written Chroma's own tenant, database and lock row.
  private void emptyDefaults() throws IOException {
    for (ChromaTable table :
        List.of(ChromaTable.TENANTS, ChromaTable.DATABASES, ChromaTable.ACQUIRE_WRITE)) {
      if (database.schema().hasTable(table.table())) {
        database.execute("DELETE FROM " + table.table());
      }
    }
  }

  private void load(ChromaTable table) throws IOException {
    if (table == ChromaTable.FULL_TEXT) {
      return;
    }
    TableLoad load = new TableLoad(survey, database, table);
    load.run();
    loads.put(table, load);
  }

  private void requireSound() throws IOException {
    List<String> faults = database.list("PRAGMA integrity_check", row -> row.text(1));
    if (!faults.equals(List.of("ok"))) {
      throw new PalaceException.Failed(
          database.file() + ": the salvaged database is not sound: " + faults.getFirst(),
          "report this, with the damaged database if you can");
    }
  }

  private SalvageReport report() throws IOException {
    var tables = new HashMap<String, SalvageReport.TableReport>();
    long strayPages = 0;
    for (Map.Entry<ChromaTable, TableLoad> entry : loads.entrySet()) {
      TableLoad load = entry.getValue();
      List<RowidRange> lost = new LostRanges(database, entry.getKey().table()).in(load.holes());
      long rows = load.rows();
      tables.put(
          entry.getKey().table(),
          new SalvageReport.TableReport(
              rows, Math.max(0, rows - load.fromTree()), load.duplicates(), lost));
      strayPages += load.strayPages();
    }
    var shape = survey.file().shape();
    return new SalvageReport(
        level,
        shape.pageSize(),
        shape.pages(),
        shape.pages(),
        survey.damaged(),
        strayPages,
        tables,
        notes,
        lostKeys);
  }
}
