package palace.repair;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import palace.common.chroma.CollectionRow;
import palace.common.doctor.Finding;
import palace.common.doctor.QueueFinding;

/// Deletes the queue rows that both segments of their collection have consumed, but for the newest
/// of each, without which Chroma would drop later writes.
public record PurgeQueue() implements Treatment {
  @Override
  public String code() {
    return "purge-queue";
  }

  @Override
  public String act() {
    return "delete the queue rows that are in rows and index already";
  }

  @Override
  public boolean isLast() {
    return true;
  }

  @Override
  public Optional<String> discards(List<Finding> findings) {
    return findings.stream()
        .map(Finding::sentence)
        .reduce((first, second) -> first + "; " + second)
        .map(sentence -> sentence + ", and nothing else may hold what they hold");
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    long deleted = 0;
    for (ConsumedQueue consumed : surgery.consumedQueues()) {
      deleted +=
          surgery
              .database()
              .execute(
                  "DELETE FROM embeddings_queue WHERE topic=? AND seq_id<?",
                  consumed.topic(),
                  consumed.keptFrom());
    }
    boolean orphans = findings.stream().anyMatch(QueueFinding.OrphanTopics.class::isInstance);
    return orphans
        ? deleted
            + surgery
                .database()
                .execute(
                    "DELETE FROM embeddings_queue WHERE topic NOT IN"
                        + " (SELECT ? || id FROM collections)",
                    CollectionRow.topicOf(""))
        : deleted;
  }
}
