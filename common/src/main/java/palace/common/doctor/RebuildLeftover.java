package palace.common.doctor;

import java.nio.file.Path;
import java.util.List;

/// A collection that another tool's interrupted rebuild left behind, such as
/// `mempalace_drawers__repair_tmp`. Such a rebuild deletes its original while it works, so the
/// original may lack drawers too.
///
/// @param in the leftover
/// @param original name of the collection it was made from
/// @param drawers how many drawers it holds
/// @param onlyHere how many of them the original lacks: all when the original is gone
/// @param beside what tools left beside the palace, possibly a whole copy of it
/// @param onlyBeside how many drawers of the original the copies beside the palace hold and the
///   palace lacks
public record RebuildLeftover(
    CollectionName in,
    String original,
    long drawers,
    long onlyHere,
    List<Path> beside,
    long onlyBeside)
    implements CollectionFinding {
  @Override
  public Nature nature() {
    return onlyHere > 0 || onlyBeside > 0
        ? Nature.damage("rebuild-leftover", Threat.SILENT_LOSS)
        : Nature.notice("rebuild-leftover", Threat.SPACE);
  }

  @Override
  public String sentence() {
    return ("collection %s was left by an interrupted rebuild of %s: it holds %d drawers, "
            + "%d of them not in %s; copies beside the palace hold %d more")
        .formatted(in, original, drawers, onlyHere, original, onlyBeside);
  }
}
