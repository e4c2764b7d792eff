package palace.common.chroma;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;

/// One of Chroma's migrations as its `migrations` table records it. Chroma 1.x compares text *and*
/// hash byte for byte at every start and refuses a database that differs, so these are data: taken
/// from a database that Chroma 1.5.9 created (Apache-2.0, see NOTICE).
///
/// @param dir `sysdb`, `metadb` or `embeddings_queue`
/// @param version from 1, without gaps, per directory
/// @param filename as recorded; Chroma ignores differences here
/// @param sql the whole text
/// @param hash lower-case hex MD5 of the text in UTF-8
public record Migration(String dir, int version, String filename, String sql, String hash) {
  /// Hash of the `metadb/00001` text that only Chroma 0.4.0 had; every later release refuses it.
  public static final String HASH_OF_040 = "70f0dbf83da2f428f30d78b7d994cbbb";

  private static final List<Migration> ALL = load();

  /// {@return every migration up to the newest level, directories in the order sysdb, metadb,
  /// embeddings_queue}
  public static List<Migration> all() {
    return ALL;
  }

  /// {@return the migrations that make a database of a level, in the order to run them}
  public static List<Migration> upTo(SchemaLevel level) {
    return ALL.stream()
        .filter(migration -> migration.version <= versionOf(level, migration.dir))
        .toList();
  }

  /// {@return the version that a level has in one migration directory}
  public static int versionOf(SchemaLevel level, String dir) {
    return switch (dir) {
      case "sysdb" -> level.sysdb();
      case "metadb" -> level.metadb();
      case "embeddings_queue" -> level.queue();
      default -> throw new IllegalArgumentException("no migration directory: " + dir);
    };
  }

  private static List<Migration> load() {
    ObjectMapper json = JsonMapper.builder().build();
    try (InputStream in =
        Objects.requireNonNull(Migration.class.getResourceAsStream("migrations.json"))) {
      return List.of(json.readValue(in, Migration[].class));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
