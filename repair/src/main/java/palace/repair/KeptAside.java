package palace.repair;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.QueueRow;
import palace.common.chroma.Row;
import palace.common.files.FileOps;
import palace.common.files.LineFile;

/// What a repair takes out of the database although it can still be read, kept as text in the
/// snapshot of the run, beside the whole database as it was. Whoever opens it closes it.
///
/// ```
/// D/N.ops/snapshots/I/left-out.jsonl   rows: {"table": NAME, "row": {COLUMN: VALUE or {"base64": …}}}
/// D/N.ops/snapshots/I/ghosts.jsonl     vectors of no drawer: {"collection", "segment", "label",
///                                      "id" or null, "vector": float32 little-endian in Base64}
/// ```
final class KeptAside implements AutoCloseable {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final FileOps ops;
  private final Path snapshot;
  private final Kept rows;
  private final Kept ghosts;

  /// What is kept in a folder, which is there.
  ///
  /// @param snapshot where it lies once the run has ended
  KeptAside(FileOps ops, Path folder, Path snapshot) {
    this.ops = ops;
    this.snapshot = snapshot;
    rows = new Kept(folder.resolve("left-out.jsonl"));
    ghosts = new Kept(folder.resolve("ghosts.jsonl"));
  }

  /// One of the two files, made when there is something to keep.
  private static final class Kept {
    private final Path file;
    private @Nullable LineFile lines;
    private long count;

    Kept(Path file) {
      this.file = file;
    }

    void add(ObjectNode line) throws IOException {
      if (lines == null) {
        lines = LineFile.create(file);
      }
      lines.append(line.toString());
      count++;
    }

    void close() throws IOException {
      if (lines != null) {
        lines.close();
      }
    }
  }

  /// Keeps the rows of a table that a condition names.
  void rows(ChromaDatabase database, String table, String where, @Nullable Object... arguments)
      throws IOException {
    List<String> columns =
        database.list(
            "SELECT name FROM pragma_table_info(?) ORDER BY cid", row -> row.text(1), table);
    database.each(
        "SELECT \"%s\" FROM %s NOT INDEXED WHERE %s"
            .formatted(String.join("\",\"", columns), table, where),
        row -> rows.add(line(table, columns, row)),
        arguments);
  }

  private static ObjectNode line(String table, List<String> columns, Row row) {
    ObjectNode line = NODES.objectNode().put("table", table);
    ObjectNode values = line.putObject("row");
    for (int i = 0; i < columns.size(); i++) {
      switch (row.value(i + 1)) {
        case Long number -> values.put(columns.get(i), number);
        case Double number -> values.put(columns.get(i), number);
        case String text -> values.put(columns.get(i), text);
        case byte[] bytes ->
            values
                .putObject(columns.get(i))
                .put("base64", Base64.getEncoder().encodeToString(bytes));
        case Object nothing -> values.putNull(columns.get(i));
      }
    }
    return line;
  }

  /// Keeps a vector that belongs to no drawer.
  ///
  /// @param id the id that its label has in the index; absent when none can be proven
  void ghost(String collection, String segment, long label, Optional<String> id, float[] vector)
      throws IOException {
    ObjectNode line = NODES.objectNode().put("collection", collection).put("segment", segment);
    line.put("label", label).put("id", id.orElse(null));
    ghosts.add(line.put("vector", Base64.getEncoder().encodeToString(QueueRow.bytes(vector))));
  }

  /// {@return what was kept and where, a sentence each}
  List<String> sentences() {
    return List.of(
            rows.count == 0
                ? ""
                : "%d rows that left the database can be read in %s"
                    .formatted(rows.count, snapshot.resolve(rows.file.getFileName())),
            ghosts.count == 0
                ? ""
                : "%d vectors that belong to no drawer are kept in %s"
                    .formatted(ghosts.count, snapshot.resolve(ghosts.file.getFileName())))
        .stream()
        .filter(sentence -> !sentence.isEmpty())
        .toList();
  }

  /// Makes what was kept durable; nothing can be added afterwards.
  void finish() throws IOException {
    for (Kept kept : List.of(rows, ghosts)) {
      kept.close();
      if (kept.count > 0) {
        ops.force(kept.file);
      }
    }
  }

  @Override
  public void close() throws IOException {
    rows.close();
    ghosts.close();
  }
}
