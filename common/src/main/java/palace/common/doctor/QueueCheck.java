package palace.common.doctor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.StatedConfiguration;

/// Checks the queue as a whole: its configuration, and rows that nobody will ever read (S17).
final class QueueCheck {
  private static final long MANY_ROWS = 10_000;

  private final Examination examination;
  private final ChromaDatabase database;

  QueueCheck(Examination examination) {
    this.examination = examination;
    this.database = examination.database();
  }

  /// An empty table is sound: Chroma fills it when it opens the palace.
  void configuration() throws IOException {
    if (!examination.level().hasQueueConfiguration()) {
      return;
    }
    List<String> texts =
        database.list(
            "SELECT config_json_str FROM embeddings_queue_config ORDER BY id", row -> row.text(1));
    for (String text : texts) {
      Optional<String> problem = problemOf(text);
      problem.ifPresent(reason -> examination.found(new QueueFinding.ConfigBroken(reason)));
      if (problem.isEmpty() && text.contains("\"automatically_purge\":false")) {
        largeQueue();
      }
    }
  }

  private Optional<String> problemOf(String text) {
    try {
      JsonNode root = StatedConfiguration.JSON.readTree(text);
      if (!root.path("automatically_purge").isBoolean()) {
        return Optional.of("it does not say automatically_purge");
      }
      boolean typed = root.has("_type") || examination.level().hasIntegerSequences();
      return typed ? Optional.empty() : Optional.of("it does not say _type");
    } catch (JsonProcessingException e) {
      return Optional.of("it is not JSON");
    }
  }

  private void largeQueue() throws IOException {
    long rows = database.number("SELECT count(*) FROM embeddings_queue");
    if (rows > MANY_ROWS) {
      examination.found(new QueueFinding.NeverPurged(rows));
    }
  }

  void orphanTopics() throws IOException {
    Set<String> topics =
        new HashSet<>(
            database.list("SELECT id FROM collections", row -> CollectionRow.topicOf(row.text(1))));
    long[] found = new long[2];
    database.each(
        "SELECT topic, count(*) FROM embeddings_queue GROUP BY topic",
        row -> {
          if (!topics.contains(row.text(1))) {
            found[0]++;
            found[1] += row.integer(2);
          }
        });
    if (found[0] > 0) {
      examination.found(new QueueFinding.OrphanTopics(found[0], found[1]));
    }
  }
}
