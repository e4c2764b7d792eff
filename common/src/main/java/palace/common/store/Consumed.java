package palace.common.store;

import java.util.Optional;
import java.util.OptionalLong;
import palace.common.chroma.SequenceNumber;

/// How far a segment has consumed the queue, as `max_seq_id` says and as it can be believed.
///
/// @param stored what the row holds; empty when there is no row
/// @param believed the position that is used here: the stored one where it is sane, else one that
///   can only cause rows to be read again, which changes nothing
/// @param sane whether the stored value was believed, or there is no row to doubt
public record Consumed(Optional<SequenceNumber> stored, long believed, boolean sane) {
  static Consumed of(Optional<SequenceNumber> stored, long highestWritten, long otherwise) {
    if (stored.isEmpty()) {
      return new Consumed(stored, otherwise, true);
    }
    OptionalLong position = stored.get().position();
    boolean plain = stored.get() instanceof SequenceNumber.Plain;
    boolean possible = position.isPresent() && position.getAsLong() <= highestWritten;
    return new Consumed(stored, possible ? position.getAsLong() : otherwise, possible && plain);
  }
}
