package palace.common.pickle;

/// The bytes end inside a pickle whose opcodes so far were all allowed.
final class TruncatedPickle extends Exception {
  private static final long serialVersionUID = 1L;

  TruncatedPickle(String message) {
    super(message, null, false, false);
  }
}
