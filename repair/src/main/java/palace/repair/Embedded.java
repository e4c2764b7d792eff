package palace.repair;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What came of asking an endpoint for vectors.
///
/// @param model the model that was asked
/// @param received vectors that the endpoint gave in this run
/// @param filled drawers that are back in the palace, by the name of the collection
/// @param waiting drawers that still lack a vector, by the name of the collection
/// @param stopped why the asking, or the writing, did not come to its end
public record Embedded(
    String model,
    long received,
    Map<String, Long> filled,
    Map<String, List<Waiting>> waiting,
    Optional<String> stopped) {
  /// Keeps copies.
  public Embedded {
    filled = Map.copyOf(filled);
    waiting = Map.copyOf(waiting);
  }

  /// A drawer that still lacks a vector.
  ///
  /// @param id the drawer
  /// @param reason why, lower case, without full stop
  public record Waiting(String id, String reason) {}
}
