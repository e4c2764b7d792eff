package palace.common.doctor;

import java.util.Optional;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.SegmentRow;
import palace.common.chroma.SequenceNumber;
import palace.common.store.CollectionState;
import palace.common.store.Consumed;
import palace.common.store.DrawerEntry;
import palace.common.store.VectorSource;

/// Checks `max_seq_id` of both segments: its type, its value, and what Chroma will lose by it
/// (S7-S11).
final class SequenceCheck {
  private final Examination examination;
  private final CollectionState state;
  private final CollectionName in;
  private final SchemaLevel level;
  private final long queueHighest;

  SequenceCheck(Examination examination, CollectionState state, long queueHighest) {
    this.examination = examination;
    this.state = state;
    this.queueHighest = queueHighest;
    in = CollectionName.of(state.row());
    level = examination.level();
  }

  void run() {
    row(SegmentRow.METADATA, state.metadataConsumed());
    row(SegmentRow.VECTOR, state.vectorConsumed());
    vectorRow();
  }

  private void row(String scope, Consumed consumed) {
    consumed.stored().ifPresent(stored -> type(scope, stored));
    consumed.stored().ifPresent(stored -> value(scope, stored, consumed));
    long highest = consumed.believed();
    if (queueIsGone(positionOf(consumed))) {
      highest = positionOf(consumed);
    }
    if (consumed.stored().isPresent() && highest > queueHighest) {
      examination.found(new SequenceFinding.QueueBehind(in, scope, highest, queueHighest));
    }
  }

  private static long positionOf(Consumed consumed) {
    return consumed.stored().isPresent() ? consumed.stored().get().position().orElse(0) : 0;
  }

  /// Nothing says what the newest write was when a tool emptied the queue: the last ones may have
  /// been deletions.
  private boolean queueIsGone(long stored) {
    return queueHighest == 0 && stored > 0 && stored < SequenceNumber.PLAUSIBLE;
  }

  private void type(String scope, SequenceNumber stored) {
    String expected = level.hasIntegerSequences() ? "INTEGER" : "an 8-byte BLOB";
    switch (stored) {
      case SequenceNumber.Plain(long value, boolean blob) -> {
        if (blob == level.hasIntegerSequences()) {
          typeWrong(scope, blob ? "an 8-byte BLOB" : "INTEGER", expected);
        } else if (value < 0) {
          typeWrong(scope, "the negative number " + value, expected);
        }
      }
      case SequenceNumber.Poisoned poisoned -> {
        if (!level.hasIntegerSequences()) {
          typeWrong(scope, "INTEGER", expected);
        }
      }
      case SequenceNumber.Unreadable(String found) -> typeWrong(scope, found, expected);
    }
  }

  private void typeWrong(String scope, String found, String expected) {
    examination.found(new SequenceFinding.TypeWrong(in, scope, found, expected));
  }

  private void value(String scope, SequenceNumber stored, Consumed consumed) {
    switch (stored) {
      case SequenceNumber.Poisoned(long value, long original) ->
          examination.found(new SequenceFinding.Poisoned(in, scope, value, original));
      case SequenceNumber.Plain(long value, boolean blob) -> {
        if (value > 0 && !consumed.sane() && !queueIsGone(value)) {
          long highest = Math.max(queueHighest, state.metadataConsumed().believed());
          examination.found(new SequenceFinding.TooHigh(in, scope, value, highest));
        } else if (value == 0 && !level.hasIntegerSequences()) {
          examination.found(new SequenceFinding.Zero(in, scope, value));
        }
      }
      case SequenceNumber.Unreadable unreadable -> {}
    }
  }

  private void vectorRow() {
    Optional<SequenceNumber> stored = state.vectorConsumed().stored();
    boolean initialised = state.segment().isPresent() && state.segment().get().hasLabels();
    if (stored.isPresent() && stored.get().position().orElse(0) > 0) {
      boolean noIndex =
          state.segment().isEmpty() || IndexPresence.of(state.segment().get()).isUninitialised();
      if (noIndex && IndexPresence.needs(state)) {
        withoutIndex(stored.get().position().getAsLong());
      }
    } else if (stored.isEmpty() && !initialised && state.vectorSegment().isPresent()) {
      long lacking =
          state.entries().stream()
              .filter(entry -> !(entry.vector() instanceof VectorSource.InQueue))
              .count();
      if (lacking > 0) {
        examination.found(new SequenceFinding.VectorRowMissing(in, lacking));
      }
    }
  }

  private void withoutIndex(long stored) {
    long lost =
        state.entries().stream()
            .map(DrawerEntry::vector)
            .filter(VectorSource.Missing.class::isInstance)
            .count();
    examination.found(
        new SequenceFinding.VectorRowWithoutIndex(
            in, stored, state.entries().size() - lost, lost, IndexPresence.dropped(state)));
  }
}
