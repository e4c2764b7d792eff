package palace.common.chroma;

import java.sql.Connection;
import java.sql.SQLException;
import org.sqlite.ProgressHandler;

/// Ends a statement that takes more steps of SQLite's machine than a sound file of its size can
/// need: a tree whose pages lead to the same pages over and over gives rows without end.
final class WorkLimit extends ProgressHandler {
  private static final int STEPS = 100_000;
  private static final long FREE_TURNS = 100;
  private static final long BYTES_PER_TURN = 4096;

  private final long most;
  private long turns;

  private WorkLimit(long most) {
    this.most = most;
  }

  /// Limits every statement of a connection to ten million steps, and a hundred thousand for every
  /// 4 KiB of the file: a page of the shortest rows there are has a hundred.
  static WorkLimit on(Connection connection, long fileBytes) throws SQLException {
    var limit = new WorkLimit(FREE_TURNS + fileBytes / BYTES_PER_TURN);
    ProgressHandler.setHandler(connection, STEPS, limit);
    return limit;
  }

  /// Counts anew.
  void begin() {
    turns = 0;
  }

  @Override
  protected int progress() {
    return ++turns > most ? 1 : 0;
  }
}
