package palace.common.doctor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.SequenceNumber;
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

  void topics() throws IOException {
    var known = new HashMap<String, CollectionName>();
    database.each(
        "SELECT id, name FROM collections",
        row ->
            known.put(
                CollectionRow.topicOf(row.text(1)), new CollectionName(row.text(1), row.text(2))));
    var unknown = new TreeMap<String, Long>();
    database.each(
        "SELECT topic, count(*) FROM embeddings_queue GROUP BY topic",
        row -> {
          if (!known.containsKey(row.text(1))) {
            unknown.put(row.text(1), row.integer(2));
          }
        });
    var orphans = new ArrayList<Long>();
    for (var topic : unknown.entrySet()) {
      Set<String> owners = owners(topic.getKey());
      Optional<CollectionName> only =
          owners.size() == 1
              ? Optional.ofNullable(known.get(owners.iterator().next()))
              : Optional.empty();
      only.ifPresentOrElse(
          in ->
              examination.found(new QueueFinding.TopicWrong(in, topic.getKey(), topic.getValue())),
          () -> orphans.add(topic.getValue()));
    }
    if (!orphans.isEmpty()) {
      long rows = orphans.stream().mapToLong(Long::longValue).sum();
      examination.found(new QueueFinding.OrphanTopics(orphans.size(), rows));
    }
  }

  /// {@return topics of the collections that have a drawer of the id and at the position of a row}
  private Set<String> owners(String topic) throws IOException {
    var owners = new HashSet<String>();
    database.each(
        "SELECT s.collection, q.seq_id, e.seq_id FROM embeddings_queue q CROSS JOIN segments s"
            + " CROSS JOIN embeddings e WHERE q.topic = ? AND s.scope = 'METADATA'"
            + " AND e.segment_id = s.id AND e.embedding_id = q.id",
        row -> {
          OptionalLong written = SequenceNumber.of(row.value(3)).position();
          if (written.isPresent() && written.getAsLong() == row.integer(2)) {
            owners.add(CollectionRow.topicOf(row.text(1)));
          }
        },
        topic);
    return owners;
  }
}
