package palace.repair.embedder;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What an endpoint's answer to one request means.
sealed interface Answer {
  /// One sound vector a text, in the order of the texts.
  record Vectors(List<float[]> vectors) implements Answer {}

  /// Vectors of another size than the collection's.
  record OtherDimension(int found) implements Answer {}

  /// The texts are not accepted as they are: too many, too long, or one of them empty.
  record TextsRefused(String reason) implements Answer {}

  /// It may work the next time.
  ///
  /// @param reason what happened
  /// @param pause how long the endpoint asks to be left alone
  record TryAgain(String reason, Optional<Duration> pause) implements Answer {}

  /// It will not work the next time either.
  record Hopeless(String reason) implements Answer {}
}
