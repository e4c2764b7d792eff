package palace.common.salvage;

import java.util.List;
import java.util.Map;
import palace.common.chroma.SchemaLevel;
import palace.common.sqlite.RowidRange;

/// What came out of a damaged database, and what did not.
///
/// @param level the level of the fresh database
/// @param pageSize bytes per page of the damaged file
/// @param pages how many pages it has, a cut one included
/// @param pagesRead how many of them were looked at
/// @param pagesDamaged pages that something refers to, or that begin like a page of a table or an
///   index, and that are not or not wholly what they should be; those beyond the end included
/// @param pagesLost pages of tables that no tree leads to any more and that were read all the same
/// @param tables by name, every table of Chroma's that the fresh database has
/// @param notes what an operator should know, one sentence each
public record SalvageReport(
    SchemaLevel level,
    int pageSize,
    long pages,
    long pagesRead,
    long pagesDamaged,
    long pagesLost,
    Map<String, TableReport> tables,
    List<String> notes) {
  /// Keeps its own copies.
  public SalvageReport {
    tables = Map.copyOf(tables);
    notes = List.copyOf(notes);
  }

  /// One table.
  ///
  /// @param rows how many rows the fresh database has
  /// @param viaLostPages how many of them no tree led to: they come from pages whose parent is
  ///   damaged, or were put together from indexes, the full-text table or the queue
  /// @param duplicatesDropped rows whose key was there already
  /// @param lostRanges where rows are missing, or may be: ranges that a damaged page covered
  public record TableReport(
      long rows, long viaLostPages, long duplicatesDropped, List<RowidRange> lostRanges) {
    /// Keeps its own copy.
    public TableReport {
      lostRanges = List.copyOf(lostRanges);
    }
  }
}
