package palace.common.chroma;

import java.nio.file.Path;

/// How a connection may use a file, as the query of a SQLite URI says it.
enum OpenMode {
  READ_ONLY("mode=ro"),
  IMMUTABLE("mode=ro&immutable=1"),
  READ_WRITE("mode=rw"),
  CREATE("mode=rwc");

  private final String query;

  OpenMode(String query) {
    this.query = query;
  }

  /// {@return the URI of a file} A path may hold `?`, `#` and `%`, which mean something there.
  String uri(Path file) {
    return "file:" + escape(file.toAbsolutePath().toString()) + "?" + query;
  }

  /// {@return what JDBC opens to get a connection}
  String url(Path file) {
    return "jdbc:sqlite:" + uri(file);
  }

  private static String escape(String path) {
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23");
  }
}
