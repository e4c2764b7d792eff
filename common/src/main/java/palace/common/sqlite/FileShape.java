package palace.common.sqlite;

/// The facts about a file without which none of its pages can be read.
///
/// @param pageSize bytes per page
/// @param usable how many of them SQLite uses; the rest belongs to an extension
/// @param encoding of every text
/// @param pages how many pages the file has, one that is cut included
/// @param headerIntact whether the first 100 bytes are those of a database, so that what they say
///   of the freelist holds
/// @param firstTrunk first page of the freelist, 0 when there is none or nobody knows
/// @param freePages how many pages the freelist has, if the header is intact
public record FileShape(
    int pageSize,
    int usable,
    Encoding encoding,
    long pages,
    boolean headerIntact,
    long firstTrunk,
    long freePages) {
  /// A record is read up to this many bytes; SQLite's own limit is a billion.
  private static final long LONGEST_RECORD = 256L << 20;

  private static final int LARGEST_SHARE = 8;

  /// {@return whether a record may be that long: no longer than the file, nor than 256 MiB or an
  /// eighth of the memory there is}
  boolean canHold(long payload) {
    return payload > 0
        && payload <= Math.min(LONGEST_RECORD, Runtime.getRuntime().maxMemory() / LARGEST_SHARE)
        && payload <= pages * usable;
  }

  /// {@return how many bytes of a record are in its own page}
  int local(long payload, boolean table) {
    int most = table ? usable - 35 : (usable - 12) * 64 / 255 - 23;
    if (payload <= most) {
      return (int) payload;
    }
    int least = (usable - 12) * 32 / 255 - 23;
    int kept = (int) (least + (payload - least) % (usable - 4));
    return kept <= most ? kept : least;
  }

  /// {@return whether the file has a page of that number}
  public boolean has(long page) {
    return page >= 1 && page <= pages;
  }
}
