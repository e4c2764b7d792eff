package palace.common.store;

/// What is kept in memory of one queue row; its vector and metadata are read when they are needed.
///
/// @param sequence `seq_id`
/// @param operation 0 ADD, 1 UPDATE, 2 UPSERT, 3 DELETE, 4 a backfill marker that local Chromas
///   ignore
/// @param id the user's id
/// @param vectorBytes length of the vector's BLOB, -1 when NULL
/// @param isFloat32 whether the encoding is the only one that was ever produced
public record QueueEntry(
    long sequence, long operation, String id, int vectorBytes, boolean isFloat32) {
  /// Operation that adds a record unless its id exists.
  public static final int ADD = 0;

  /// Operation that changes a record if its id exists.
  public static final int UPDATE = 1;

  /// Operation that changes or adds.
  public static final int UPSERT = 2;

  /// Operation that deletes.
  public static final int DELETE = 3;

  /// {@return whether it carries a vector of so many components}
  public boolean hasVector(int dimension) {
    return isFloat32
        && operation >= ADD
        && operation <= UPSERT
        && dimension > 0
        && vectorBytes == 4L * dimension;
  }

  /// {@return whether it carries anything where a vector stands}
  public boolean hasAnyVector() {
    return vectorBytes >= 0;
  }
}
