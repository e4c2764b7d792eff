package palace.common.restore;

import java.nio.file.Path;
import java.util.List;
import palace.common.RunId;

/// What a recovery did.
///
/// @param palace the palace
/// @param runs the interrupted runs that were settled, oldest first
/// @param sentences everything that was done, in words, for a person
/// @param warnings what could not be tidied and costs only space
public record Settled(
    Path palace, List<RunId> runs, List<String> sentences, List<String> warnings) {
  /// Keeps copies of the lists.
  public Settled {
    runs = List.copyOf(runs);
    sentences = List.copyOf(sentences);
    warnings = List.copyOf(warnings);
  }

  /// {@return whether there was nothing to do}
  public boolean nothing() {
    return runs.isEmpty() && sentences.isEmpty() && warnings.isEmpty();
  }
}
