package palace.common.pickle;

/// The bytes are not a pickle that Chroma writes; the message says what was met and where.
final class MalformedPickle extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedPickle(String message) {
    super(message, null, false, false);
  }
}
