package palace.common.store;

import java.io.IOException;
import java.util.List;

/// Reads a long sequence in batches. The offset advances by the rows that were returned, never by
/// the rows that were asked for, and an empty batch ends it: a source that gives fewer rows than
/// asked loses none.
///
/// @param <T> what a row is
public final class BatchPager<T> {
  private final Source<T> source;
  private final int batchSize;
  private long offset;

  /// Gives up to `limit` rows from `offset`.
  @FunctionalInterface
  public interface Source<T> {
    /// {@return the rows from an offset, at most `limit`, none only at the end}
    List<T> read(long offset, int limit) throws IOException;
  }

  /// Takes the rows of one batch.
  @FunctionalInterface
  public interface BatchConsumer<T> {
    /// Uses a batch; it is never empty.
    void accept(List<T> batch) throws IOException;
  }

  /// Starts before the first row.
  public BatchPager(Source<T> source, int batchSize) {
    if (batchSize < 1) {
      throw new IllegalArgumentException("a batch needs at least one row: " + batchSize);
    }
    this.source = source;
    this.batchSize = batchSize;
  }

  /// {@return the next batch; empty at the end}
  public List<T> next() throws IOException {
    List<T> batch = source.read(offset, batchSize);
    offset += batch.size();
    return batch;
  }

  /// {@return how many rows have been returned so far}
  public long offset() {
    return offset;
  }

  /// Hands every remaining batch to a consumer.
  public void forEachBatch(BatchConsumer<T> consumer) throws IOException {
    for (List<T> batch = next(); !batch.isEmpty(); batch = next()) {
      consumer.accept(batch);
    }
  }
}
