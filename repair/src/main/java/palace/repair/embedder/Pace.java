package palace.repair.embedder;

import java.time.Duration;

/// How patient a client is, and how much it asks for at once.
///
/// @param batch texts a request, at most
/// @param characters characters a request, at most, except for a single text
/// @param connecting how long a connection may take
/// @param answering how long a request may take from its beginning to its last byte
/// @param attempts how often a request is sent before the client gives up
/// @param pause before the second attempt; it doubles with each further one
/// @param longestPause bound of every pause, also of one that the endpoint asks for
public record Pace(
    int batch,
    int characters,
    Duration connecting,
    Duration answering,
    int attempts,
    Duration pause,
    Duration longestPause) {
  /// What suits hosted endpoints and a model on the same machine alike.
  public static final Pace USUAL =
      new Pace(
          32,
          100_000,
          Duration.ofSeconds(10),
          Duration.ofMinutes(5),
          6,
          Duration.ofSeconds(1),
          Duration.ofMinutes(2));

  /// {@return the pause after an attempt, counted from 1}
  Duration after(int attempt) {
    Duration doubled = pause.multipliedBy(1L << Math.min(attempt - 1, 20));
    return doubled.compareTo(longestPause) < 0 ? doubled : longestPause;
  }
}
