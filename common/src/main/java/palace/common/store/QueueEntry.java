package palace.common.store;

/// What is kept in memory of one queue row; its vector and metadata are read when they are needed.
///
/// @param sequence `seq_id`
/// @param operation 0 ADD, 1 UPDATE, 2 UPSERT, 3 DELETE, 4 a backfill marker that local Chromas
///   ignore
/// @param id the user's id
/// @param vectorBytes length of the vector's BLOB, -1 when NULL
/// @param encoding how its vector is written
public record QueueEntry(
    long sequence, long operation, String id, int vectorBytes, Encoding encoding) {
  /// What the column `encoding` says.
  public enum Encoding {
    /// `FLOAT32`, the only one that was ever produced.
    FLOAT32,
    /// `INT32`, which Chroma knows and fails to read.
    INT32,
    /// NULL.
    NONE,
    /// What no Chroma knows.
    UNKNOWN;

    static Encoding of(String text) {
      return switch (text) {
        case "FLOAT32" -> FLOAT32;
        case "INT32" -> INT32;
        case "" -> NONE;
        default -> UNKNOWN;
      };
    }
  }

  /// Operation that adds a record unless its id exists.
  public static final int ADD = 0;

  /// Operation that changes a record if its id exists.
  public static final int UPDATE = 1;

  /// Operation that changes or adds.
  public static final int UPSERT = 2;

  /// Operation that deletes.
  public static final int DELETE = 3;

  /// {@return whether it carries a vector of so many components} Only float32 was ever written, so
  /// an encoding that is damaged says nothing else; and only what adds or changes a record has a
  /// vector.
  public boolean hasVector(int dimension) {
    return encoding != Encoding.INT32
        && operation != DELETE
        && dimension > 0
        && vectorBytes == 4L * dimension;
  }

  /// {@return whether it carries anything where a vector stands}
  public boolean hasAnyVector() {
    return vectorBytes >= 0;
  }

  /// {@return whether Chroma can read the row's encoding, which it does whether or not there is a
  /// vector}
  public boolean hasSoundEncoding() {
    return encoding == Encoding.FLOAT32 || encoding != Encoding.UNKNOWN && !hasAnyVector();
  }
}
