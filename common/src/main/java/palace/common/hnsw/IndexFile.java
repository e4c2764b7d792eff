package palace.common.hnsw;

/// A file of a segment directory.
public enum IndexFile {
  /// The hundred bytes of [HnswHeader].
  HEADER("header.bin"),
  /// The elements, laid out by [IndexLayout].
  LEVEL0("data_level0.bin"),
  /// One float32 per element: the length of the original vector, meaningful for cosine only.
  LENGTH("length.bin"),
  /// The neighbours on the levels above 0.
  LINK_LISTS("link_lists.bin"),
  /// The map of drawer ids to labels.
  PICKLE("index_metadata.pickle");

  private final String fileName;

  IndexFile(String fileName) {
    this.fileName = fileName;
  }

  /// {@return the name in the segment directory}
  public String fileName() {
    return fileName;
  }
}
