package palace.common;

/// Where long work reports how far it is. The command line shows it on a terminal; tests and pipes
/// ignore it.
public interface Progress {
  /// Shows nothing.
  Progress SILENT =
      new Progress() {
        @Override
        public Step start(String task, long total, String unit) {
          return done -> {};
        }
      };

  /// Starts a piece of work of `total` units; the previous one must be closed.
  Step start(String task, long total, String unit);

  /// One piece of work. Closing it ends its display.
  @FunctionalInterface
  interface Step extends AutoCloseable {
    /// Says that `count` more units are done.
    void advance(long count);

    @Override
    default void close() {}
  }
}
