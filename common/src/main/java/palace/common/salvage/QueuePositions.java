package palace.common.salvage;

import java.io.IOException;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;

/// The newest queue row of every record, in the temporary table `newest`: collection, id, sequence
/// number.
final class QueuePositions {
  private QueuePositions() {}

  /// Makes the table, unless it is there.
  static void prepare(ChromaDatabase database) throws IOException {
    if (database.number("SELECT count(*) FROM temp.sqlite_master WHERE name = 'newest'") > 0) {
      return;
    }
    database.execute("CREATE TEMP TABLE newest (collection TEXT, id TEXT, seq INTEGER)");
    String prefix = CollectionRow.topicOf("");
    database.execute(
        "INSERT INTO newest SELECT substr(topic, ?), id, max(seq_id) FROM embeddings_queue"
            + " WHERE operation IN (0, 1, 2) AND substr(topic, 1, ?) = ? GROUP BY topic, id",
        prefix.length() + 1,
        prefix.length(),
        prefix);
    database.execute("CREATE INDEX temp.newest_id ON newest (id)");
  }
}
