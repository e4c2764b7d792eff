package palace.common.salvage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.Row;

/// The database of a palace that a real Chroma release wrote, in memory, to be damaged page by
/// page. What it really holds is asked of SQLite itself.
final class ChromaFile {
  static final int PAGE = 4096;
  private static final Path HOME = Path.of("..", "it-tests", "src", "test", "resources", "palaces");

  private final Path file;
  private final byte[] image;

  private ChromaFile(Path file) throws IOException {
    this.file = file;
    this.image = Files.readAllBytes(file);
  }

  static ChromaFile of(String release, Path directory) throws IOException {
    Path file = directory.resolve(release + ".sqlite3");
    try (var input = Files.newInputStream(HOME.resolve(release + ".zip"));
        var zip = new ZipInputStream(input)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (entry.getName().equals("palace/chroma.sqlite3")) {
          Files.copy(zip, file);
        }
      }
    }
    return new ChromaFile(file);
  }

  /// {@return the file again, after a change by SQL}
  ChromaFile changed(String... statements) throws IOException {
    try (ChromaDatabase database = ChromaDatabase.openForWriting(file)) {
      for (String statement : statements) {
        database.execute(statement);
      }
    }
    return new ChromaFile(file);
  }

  Path path() {
    return file;
  }

  byte[] image() {
    return image.clone();
  }

  int pages() {
    return image.length / PAGE;
  }

  int root(String name) throws IOException {
    try (ChromaDatabase database = ChromaDatabase.openReadOnly(file)) {
      return (int) database.number("SELECT rootpage FROM sqlite_master WHERE name = ?", name);
    }
  }

  /// {@return every page of a table or an index}
  List<Integer> pagesOf(String name) throws IOException {
    try (ChromaDatabase database = ChromaDatabase.openReadOnly(file)) {
      return database.list(
          "SELECT pageno FROM dbstat WHERE name = ?", row -> (int) row.integer(1), name);
    }
  }

  /// {@return the first child of an interior page: the u32 where its first cell is}
  int firstChild(int page) {
    int base = (page - 1) * PAGE;
    return ByteBuffer.wrap(image).getInt(base + ByteBuffer.wrap(image).getShort(base + 12));
  }

  static void zero(byte[] image, int page) {
    Arrays.fill(image, (page - 1) * PAGE, page * PAGE, (byte) 0);
  }

  /// {@return every row of a table with its rowid, as SQLite reads it}
  static Set<String> rows(Path file, String table) throws IOException {
    return rows(file, table, "rowid, *");
  }

  static Set<String> rows(Path file, String table, String columns) throws IOException {
    try (ChromaDatabase database = ChromaDatabase.openReadOnly(file)) {
      int width =
          columns.equals("rowid, *")
              ? database.schema().columns(table).size() + 1
              : columns.split(",", -1).length;
      return new TreeSet<>(
          database.list("SELECT " + columns + " FROM " + table, row -> text(row, width)));
    }
  }

  private static String text(Row row, int width) {
    List<String> values = new ArrayList<>();
    for (int i = 1; i <= width; i++) {
      Object value = row.value(i);
      values.add(
          value instanceof byte[] bytes
              ? Arrays.toString(bytes)
              : value == Row.NULL ? "NULL" : value.getClass().getSimpleName() + value);
    }
    return String.join("|", values);
  }
}
