package palace.common.segment;

/// What became of a collection's vectors in a fresh segment directory.
///
/// @param elements live elements; 0 means that no directory was made
/// @param carried elements taken over with their links
/// @param linked elements linked anew
public record WrittenSegment(int elements, int carried, int linked) {
  /// {@return whether a directory was made}
  public boolean exists() {
    return elements > 0;
  }
}
