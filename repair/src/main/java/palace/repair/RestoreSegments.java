package palace.repair;

import java.io.IOException;
import java.util.List;
import java.util.UUID;
import palace.common.PalaceException;
import palace.common.chroma.SegmentRow;
import palace.common.doctor.CollectionName;
import palace.common.doctor.Finding;
import palace.common.doctor.SegmentFinding;

/// Restores the rows that tie a collection to its segments. What no other collection claims is
/// adopted when there is exactly one such thing.
public record RestoreSegments(CollectionName in) implements CollectionTreatment {
  @Override
  public String code() {
    return "restore-segments";
  }

  @Override
  public String act() {
    return "restore the rows that tie the collection to its segments";
  }

  @Override
  public boolean isFoundation() {
    return true;
  }

  @Override
  public boolean reveals() {
    return true;
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    for (Finding finding : findings) {
      if (finding instanceof SegmentFinding.Missing missing) {
        SegmentRows.insert(
            surgery, segmentFor(surgery, missing.scope()), missing.scope(), in.id());
      } else if (finding instanceof SegmentFinding.TypeUnknown unknown) {
        surgery
            .database()
            .execute(
                "UPDATE segments SET type=CASE scope WHEN 'VECTOR' THEN ? ELSE ? END WHERE id=?",
                SegmentRow.VECTOR_TYPE,
                SegmentRow.METADATA_TYPE,
                unknown.segmentId());
      }
    }
    return findings.size();
  }

  private String segmentFor(Surgery surgery, String scope) throws IOException {
    List<String> candidates =
        scope.equals(SegmentRow.METADATA) ? unclaimedDrawers(surgery) : unclaimedIndexes(surgery);
    if (candidates.isEmpty()) {
      return UUID.randomUUID().toString();
    }
    if (candidates.size() > 1 || lacking(surgery, scope) > 1) {
      throw new PalaceException.Refused(
          "collection %s has no %s segment, and several could be its: %s"
              .formatted(in.name(), scope, String.join(", ", candidates)),
          "insert the right one into the table segments, then run palace repair again");
    }
    return candidates.getFirst();
  }

  private static List<String> unclaimedDrawers(Surgery surgery) throws IOException {
    return surgery
        .database()
        .list(
            "SELECT DISTINCT segment_id FROM embeddings NOT INDEXED WHERE segment_id NOT IN (SELECT id FROM segments)",
            row -> row.text(1));
  }

  private static List<String> unclaimedIndexes(Surgery surgery) throws IOException {
    List<String> claimed = surgery.database().list("SELECT id FROM segments", row -> row.text(1));
    return surgery.segmentDirectories().stream().filter(id -> !claimed.contains(id)).toList();
  }

  private static long lacking(Surgery surgery, String scope) throws IOException {
    return surgery
        .database()
        .number(
            "SELECT count(*) FROM collections WHERE id NOT IN (SELECT collection FROM segments WHERE scope=?)",
            scope);
  }
}
