package palace.common.pickle;

import java.util.Collections;
import java.util.Map;

/// What came of reading an `index_metadata.pickle`.
public sealed interface PickleReading {
  /// The pickle was read whole.
  ///
  /// @param metadata what it says
  record Readable(IndexMetadata metadata) implements PickleReading {}

  /// There is no such file.
  record Absent() implements PickleReading {}

  /// The bytes are not a pickle that Chroma writes.
  ///
  /// @param reason what was met and where, for an operator
  /// @param provenLabels the id and label pairs that stand whole before a cut; empty when the bytes
  ///   are not merely cut
  record Unreadable(String reason, Map<String, Long> provenLabels) implements PickleReading {
    /// Makes the map unmodifiable without copying it.
    public Unreadable {
      provenLabels = Collections.unmodifiableMap(provenLabels);
    }

    /// {@return whether it names a class or function that Chroma does not store, which a naive
    /// loader would run}
    public boolean namesForeignClass() {
      return reason.startsWith(PickleMachine.FOREIGN_CLASS);
    }
  }
}
