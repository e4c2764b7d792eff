package palace.common.doctor;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.MetadataValue;
import palace.common.chroma.QueueMetadata;
import palace.common.store.CollectionState;
import palace.common.store.QueueEntry;

/// Looks for rows of a collection's queue that Chroma stumbles over (S13). Only rows that some
/// segment has not consumed are read by anybody.
final class QueueRowCheck {
  private static final int BACKFILL = 4;

  private final Examination examination;
  private final CollectionState state;
  private long count;
  private long firstSequence;
  private String firstReason = "";

  QueueRowCheck(Examination examination, CollectionState state) {
    this.examination = examination;
    this.state = state;
  }

  void run(long consumed) throws IOException {
    Map<Long, String> metadata = problemsOfMetadata(examination.database(), consumed);
    for (QueueEntry entry : state.queueEntries()) {
      if (entry.sequence() > consumed) {
        problemOf(entry)
            .or(() -> Optional.ofNullable(metadata.get(entry.sequence())))
            .ifPresent(reason -> count(entry, reason));
      }
    }
    if (count > 0) {
      examination.found(
          new UnappliableRows(CollectionName.of(state.row()), count, firstSequence, firstReason));
    }
  }

  private void count(QueueEntry entry, String reason) {
    if (count++ == 0) {
      firstSequence = entry.sequence();
      firstReason = reason;
    }
  }

  private Optional<String> problemOf(QueueEntry entry) {
    if (entry.operation() < QueueEntry.ADD || entry.operation() > BACKFILL) {
      return Optional.of("its operation is " + entry.operation());
    }
    if (!entry.hasSoundEncoding()) {
      return Optional.of(
          entry.hasAnyVector()
              ? "its vector is not encoded as FLOAT32"
              : "its encoding is none that Chroma knows");
    }
    if (entry.operation() >= QueueEntry.DELETE) {
      return Optional.empty();
    }
    if (!entry.hasAnyVector()) {
      return entry.operation() == QueueEntry.UPDATE
          ? Optional.empty()
          : Optional.of("it adds a record but has no vector");
    }
    return entry.hasVector(state.dimension())
        ? Optional.empty()
        : Optional.of(
            "its vector has %d bytes instead of %d"
                .formatted(entry.vectorBytes(), 4L * state.dimension()));
  }

  private Map<Long, String> problemsOfMetadata(ChromaDatabase database, long consumed)
      throws IOException {
    var problems = new HashMap<Long, String>();
    database.each(
        "SELECT seq_id, metadata FROM embeddings_queue WHERE topic = ? AND seq_id > ? AND metadata"
            + " IS NOT NULL",
        row -> problemOf(row.text(2)).ifPresent(reason -> problems.put(row.integer(1), reason)),
        state.row().topic(),
        consumed);
    return problems;
  }

  private static Optional<String> problemOf(String metadata) {
    return switch (QueueMetadata.parse(Optional.of(metadata))) {
      case QueueMetadata.Broken(String reason) -> Optional.of("its metadata is " + reason);
      case QueueMetadata.Changes changes -> problemOf(changes);
    };
  }

  private static Optional<String> problemOf(QueueMetadata.Changes changes) {
    if (!changes.unsupported().isEmpty()) {
      return Optional.of("Chroma cannot hold the value of " + changes.unsupported().getFirst());
    }
    Optional<MetadataValue> document = changes.changes().get(MetadataValue.DOCUMENT_KEY);
    return document != null && !(document.orElse(null) instanceof MetadataValue.Text)
        ? Optional.of("its document is no text")
        : Optional.empty();
  }
}
