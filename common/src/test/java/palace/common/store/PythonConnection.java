package palace.common.store;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// A connection to a SQLite database in another process and another language, as MemPalace's server
/// has one to its knowledge graph: opened once, by a name that may mean another file later.
final class PythonConnection implements AutoCloseable {
  private static final String PROGRAM =
      """
      import sqlite3, sys
      path, mode = sys.argv[1:]
      connection = sqlite3.connect(path, isolation_level=None, timeout=10)
      connection.execute("PRAGMA journal_mode=" + mode)
      connection.execute("CREATE TABLE IF NOT EXISTS fact (text)")
      print("ready", flush=True)
      for line in sys.stdin:
          word, _, text = line.strip().partition(" ")
          try:
              if word == "add":
                  connection.execute("INSERT INTO fact VALUES (?)", (text,))
              elif word == "begin":
                  connection.execute("BEGIN IMMEDIATE")
                  connection.execute("INSERT INTO fact VALUES (?)", (text,))
              elif word == "impatiently":
                  connection.execute("PRAGMA busy_timeout=50")
                  connection.execute("INSERT INTO fact VALUES (?)", (text,))
              else:
                  connection.execute(line.strip())
              print("done", flush=True)
          except sqlite3.Error as error:
              print(error, flush=True)
      """;

  private final Process process;
  private final Writer input;
  private final BufferedReader output;

  private PythonConnection(Process process) {
    this.process = process;
    input = process.outputWriter(StandardCharsets.UTF_8);
    output = process.inputReader(StandardCharsets.UTF_8);
  }

  static PythonConnection open(Path database, String journalMode) throws IOException {
    Process process;
    try {
      process =
          new ProcessBuilder("python3", "-c", PROGRAM, database.toString(), journalMode)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
    } catch (IOException e) {
      Assumptions.abort("cannot run here: needs python3: " + e.getMessage());
      throw e;
    }
    var connection = new PythonConnection(process);
    if (!"ready".equals(connection.output.readLine())) {
      throw new IOException("python3 could not open " + database);
    }
    return connection;
  }

  /// {@return what the other side answers: `done`, or SQLite's complaint}
  String say(String line) throws IOException {
    input.write(line + "\n");
    input.flush();
    return output.readLine();
  }

  /// Ends the process without letting it close anything.
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
