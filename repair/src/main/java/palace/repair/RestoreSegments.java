package palace.repair;

import java.io.IOException;
import java.util.ArrayList;
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
        SegmentRows.insert(surgery, segmentFor(surgery, missing.scope()), missing.scope(), in.id());
      } else if (finding instanceof SegmentFinding.Duplicate duplicate) {
        keepOne(surgery, duplicate.scope());
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

  /// Of several rows the one stays that something refers to. Where that is none, the first does.
  private void keepOne(Surgery surgery, String scope) throws IOException {
    List<String> rows =
        surgery
            .database()
            .list(
                "SELECT id FROM segments WHERE collection=? AND scope=? ORDER BY rowid",
                row -> row.text(1),
                in.id(),
                scope);
    var used = new ArrayList<String>();
    for (String id : rows) {
      if (scope.equals(SegmentRow.METADATA) ? hasDrawers(surgery, id) : hasIndex(surgery, id)) {
        used.add(id);
      }
    }
    if (used.size() > 1) {
      throw new PalaceException.Refused(
          "collection %s has several %s segments that are in use: %s"
              .formatted(in.name(), scope, String.join(", ", used)),
          "delete the wrong ones from the table segments, then run palace repair again");
    }
    String kept = used.isEmpty() ? rows.getFirst() : used.getFirst();
    for (String id : rows) {
      if (!id.equals(kept)) {
        for (String table : List.of("segment_metadata", "max_seq_id")) {
          surgery.database().execute("DELETE FROM " + table + " WHERE segment_id=?", id);
        }
        surgery.database().execute("DELETE FROM segments WHERE id=?", id);
      }
    }
  }

  private static boolean hasDrawers(Surgery surgery, String segment) throws IOException {
    return surgery
            .database()
            .number("SELECT count(*) FROM embeddings NOT INDEXED WHERE segment_id=?", segment)
        > 0;
  }

  /// A row of its position says that the index was persisted, even where its directory is gone.
  private static boolean hasIndex(Surgery surgery, String segment) throws IOException {
    return surgery.segmentDirectories().stream().anyMatch(segment::equalsIgnoreCase)
        || surgery.database().number("SELECT count(*) FROM max_seq_id WHERE segment_id=?", segment)
            > 0;
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
