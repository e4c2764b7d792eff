package palace.common.chroma;

import java.io.IOException;
import java.nio.file.Path;
import palace.common.PalaceException;
import palace.common.files.TreeDelete;

/// SQLite's exclusive locking mode, in which a connection keeps its locks between transactions.
public final class ExclusiveLocking {
  private ExclusiveLocking() {}

  /// Lets no other process in from the end of the next transaction until the connection closes or
  /// [#end] is called, not even to read: between two transactions, too, nobody else can write.
  /// Nothing changes before that end.
  public static void begin(ChromaDatabase writer) throws IOException {
    writer.execute("PRAGMA locking_mode=EXCLUSIVE");
  }

  /// Lets others in again, and removes the emptied journal that SQLite keeps as long as they are
  /// kept out.
  public static void end(ChromaDatabase writer) throws IOException {
    String journal = writer.first("PRAGMA journal_mode", row -> row.text(1)).orElse("");
    writer.execute("PRAGMA locking_mode=NORMAL");
    if (journal.equals("delete")) {
      writer.execute("PRAGMA journal_mode=TRUNCATE");
      writer.execute("PRAGMA journal_mode=DELETE");
      // SQLite does not tell when it could not, and others stay out until the next statement.
      deleteJournal(SourceDatabase.sidecar(writer.file(), "-journal"));
    }
    writer.number("SELECT count(*) FROM sqlite_master");
  }

  private static void deleteJournal(Path journal) throws IOException {
    try {
      TreeDelete.deleteFile(journal);
    } catch (IOException e) {
      throw new PalaceException.Failed(
          "cannot remove the journal of a transaction that is over: " + e.getMessage(),
          "see what stands there, and remove it when nothing uses the palace",
          e);
    }
  }
}
