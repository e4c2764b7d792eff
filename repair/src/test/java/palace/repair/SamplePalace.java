package palace.repair;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.files.FileDigest;
import palace.common.files.TreeCopy;
import palace.common.files.TreeDelete;
import palace.common.files.TreeDigest;
import palace.common.store.ContentDigest;
import palace.common.store.Palace;

/// A private copy of the palace that Chroma 0.6.3 wrote, to be damaged and repaired.
record SamplePalace(Path directory) {
  private static final int HEADER_BYTES = 100;
  private static final int PAGE_BYTES = 4096;
  private static final long SEED = 20261121;

  static final String DRAWERS = "mempalace_drawers";
  static final String CLOSETS = "mempalace_closets";

  static SamplePalace in(Path folder) throws IOException {
    Path copy = folder.resolve("palace");
    TreeCopy.copy(Path.of("..", "samples", "chroma-0.6").toRealPath(), copy);
    return new SamplePalace(copy);
  }

  Path database() {
    return directory.resolve("chroma.sqlite3");
  }

  void sql(String... statements) throws IOException {
    try (ChromaDatabase database = ChromaDatabase.openForWriting(database())) {
      for (String statement : statements) {
        database.execute(statement);
      }
    }
  }

  long number(String query) throws IOException {
    try (ChromaDatabase database = ChromaDatabase.openReadOnly(database())) {
      return database.number(query);
    }
  }

  List<String> texts(String query) throws IOException {
    try (ChromaDatabase database = ChromaDatabase.openReadOnly(database())) {
      return database.list(query, row -> row.text(1));
    }
  }

  String vectorSegment() throws IOException {
    return texts(
            "SELECT s.id FROM segments s JOIN collections c ON c.id=s.collection WHERE c.name='"
                + DRAWERS
                + "' AND s.scope='VECTOR'")
        .getFirst();
  }

  Path index() throws IOException {
    return directory.resolve(vectorSegment());
  }

  /// Makes the header name an entry point that does not exist, which kills Chroma.
  void breakEntryPoint() throws IOException {
    try (var header = new RandomAccessFile(index().resolve("header.bin").toFile(), "rw")) {
      header.seek(56);
      header.write(new byte[] {0, 0, 0, 0x7F});
    }
  }

  void emptyFullText() throws IOException {
    sql("DELETE FROM embedding_fulltext_search");
  }

  /// Makes the header garbage; every page stays intact.
  void scrambleHeader() throws IOException {
    try (var file = new RandomAccessFile(database().toFile(), "rw")) {
      var garbage = new byte[HEADER_BYTES];
      new Random(SEED).nextBytes(garbage);
      file.write(garbage);
    }
  }

  /// Makes one leaf page of a table or an index zero.
  void zeroLeaf(String tree) throws IOException {
    zeroPage(leafOf(tree));
  }

  /// {@return the number of a leaf page of a table or an index that has several pages}
  long leafOf(String tree) throws IOException {
    long page =
        number(
            "SELECT max(pageno) FROM dbstat WHERE pagetype='leaf' AND path<>'/' AND name='"
                + tree
                + "'");
    if (page == 0) {
      throw new IllegalStateException(tree + " has a single page");
    }
    return page;
  }

  /// Makes one page zero.
  void zeroPage(long page) throws IOException {
    try (var file = new RandomAccessFile(database().toFile(), "rw")) {
      file.seek((page - 1) * PAGE_BYTES);
      file.write(new byte[PAGE_BYTES]);
    }
  }

  /// {@return the bytes of the database file}
  byte[] bytes() throws IOException {
    return Files.readAllBytes(database());
  }

  SortedMap<String, FileDigest> digests() throws IOException {
    return TreeDigest.of(directory);
  }

  /// {@return every row of every table that Chroma reads, one text a row}
  String rows() throws IOException {
    var dump = new StringBuilder();
    try (ChromaDatabase database = ChromaDatabase.openReadOnly(database())) {
      for (String table :
          database.list(
              "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'embedding_fulltext%' ORDER BY name",
              row -> row.text(1))) {
        List<String> columns =
            database.list("SELECT name FROM pragma_table_info(?)", row -> row.text(1), table);
        String quoted =
            columns.stream()
                .map(name -> "quote(\"" + name + "\")")
                .reduce((a, b) -> a + "||','||" + b)
                .orElse("1");
        dump.append(table).append('\n');
        database.each(
            "SELECT " + quoted + " FROM " + table + " ORDER BY 1",
            row -> dump.append(row.text(1)).append('\n'));
      }
    }
    return dump.toString();
  }

  /// {@return the content digest of each collection by its name}
  SortedMap<String, String> contents() throws IOException {
    var digests = new TreeMap<String, String>();
    try (Palace opened = Palace.open(directory)) {
      for (CollectionRow row : opened.collections()) {
        try (var state = opened.open(row)) {
          digests.put(row.name(), ContentDigest.of(state, 50));
        }
      }
    }
    return digests;
  }

  /// Puts the drawers of all collections into one, as `mempalace migrate` does.
  void uniteCollections() throws IOException {
    TreeDelete.delete(directory.resolve(texts("SELECT " + segment(CLOSETS, "VECTOR")).getFirst()));
    sql(
        "UPDATE embeddings SET segment_id = " + segment(DRAWERS, "METADATA"),
        "UPDATE embeddings_queue SET topic = (SELECT topic FROM embeddings_queue ORDER BY seq_id LIMIT 1)",
        "UPDATE max_seq_id SET seq_id = (SELECT seq_id FROM max_seq_id WHERE segment_id = %s) WHERE segment_id = %s"
            .formatted(segment(CLOSETS, "METADATA"), segment(DRAWERS, "METADATA")),
        "DELETE FROM max_seq_id WHERE segment_id IN (%s, %s)"
            .formatted(segment(CLOSETS, "METADATA"), segment(CLOSETS, "VECTOR")),
        "DELETE FROM segment_metadata WHERE segment_id IN (%s, %s)"
            .formatted(segment(CLOSETS, "METADATA"), segment(CLOSETS, "VECTOR")),
        "DELETE FROM collection_metadata WHERE collection_id = (SELECT id FROM collections WHERE name = '%s')"
            .formatted(CLOSETS),
        "DELETE FROM segments WHERE collection = (SELECT id FROM collections WHERE name = '%s')"
            .formatted(CLOSETS),
        "DELETE FROM collections WHERE name = '%s'".formatted(CLOSETS));
  }

  private static String segment(String collection, String scope) {
    return "(SELECT s.id FROM segments s JOIN collections c ON c.id = s.collection WHERE c.name = '%s' AND s.scope = '%s')"
        .formatted(collection, scope);
  }

  String text(String name) throws IOException {
    return Files.readString(directory.resolve(name), StandardCharsets.UTF_8);
  }
}
