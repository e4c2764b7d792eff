package palace.common.doctor;

import java.io.IOException;
import java.util.Optional;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.ReadPool;
import palace.common.store.Palace;

/// The connections through which checks read one state of a database: a pool, where there can be
/// one, or the connection that is open already, which serves one check at a time.
final class Readers implements AutoCloseable {
  /// How many checks may be left behind, each with its connection, before no more are begun.
  private static final int SPARE = 3;

  private static final long WORTH_A_POOL = 4L << 20;

  private final ChromaDatabase only;
  private final Optional<ReadPool> pool;
  private final int atATime;
  private boolean leftBehind;

  private Readers(ChromaDatabase only, Optional<ReadPool> pool, int atATime) {
    this.only = only;
    this.pool = pool;
    this.atATime = atATime;
  }

  /// {@return the one connection, for one check at a time}
  static Readers only(ChromaDatabase database) {
    return new Readers(database, Optional.empty(), 1);
  }

  /// {@return as many connections to a palace's database as there are cores, and a few to spare;
  /// the palace's own where a pool would take longer than the checks}
  static Readers of(Palace palace) {
    int cores = Runtime.getRuntime().availableProcessors();
    boolean worthIt = cores > 1 && CheckBounds.sizeOf(palace.layout().database()) >= WORTH_A_POOL;
    return worthIt ? several(palace, cores) : only(palace.database());
  }

  /// {@return connections for some checks at a time, where there can be several}
  static Readers several(Palace palace, int atATime) {
    Optional<ReadPool> pool = palace.readers(atATime + SPARE);
    return pool.isEmpty() ? only(palace.database()) : new Readers(palace.database(), pool, atATime);
  }

  /// {@return how many checks can be made at a time}
  int atATime() {
    return atATime;
  }

  /// {@return how many checks may be left behind while others are still made}
  int spare() {
    return pool.isPresent() ? SPARE : 0;
  }

  ChromaDatabase borrow() throws IOException {
    return pool.isPresent() ? pool.get().borrow() : only;
  }

  void giveBack(ChromaDatabase reader) throws IOException {
    if (reader != only) {
      reader.close();
    }
  }

  /// Says that a check never ended: the connections stay open, because its own is in use.
  void leaveBehind() {
    leftBehind = true;
  }

  @Override
  public void close() {
    if (!leftBehind) {
      pool.ifPresent(ReadPool::close);
    }
  }
}
