package palace.repair;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import palace.common.chroma.ChromaDatabase;
import palace.common.files.FileDigest;
import palace.common.files.TreeCopy;
import palace.common.files.TreeDigest;

/// A private copy of the palace that Chroma 0.6.3 wrote, to be damaged and repaired.
record SamplePalace(Path directory) {
  private static final int HEADER_BYTES = 100;
  private static final long SEED = 20261121;

  static final String DRAWERS = "mempalace_drawers";

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
    long page =
        number(
            "SELECT max(pageno) FROM dbstat WHERE pagetype='leaf' AND path<>'/' AND name='"
                + tree
                + "'");
    long size = number("PRAGMA page_size");
    if (page == 0) {
      throw new IllegalStateException(tree + " has a single page");
    }
    try (var file = new RandomAccessFile(database().toFile(), "rw")) {
      file.seek((page - 1) * size);
      file.write(new byte[(int) size]);
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

  String text(String name) throws IOException {
    return Files.readString(directory.resolve(name), StandardCharsets.UTF_8);
  }
}
