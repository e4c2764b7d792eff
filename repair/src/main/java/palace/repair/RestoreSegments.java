package palace.repair;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import palace.common.PalaceException;
import palace.common.chroma.SegmentRow;
import palace.common.doctor.CollectionName;
import palace.common.doctor.Finding;
import palace.common.doctor.SegmentFinding;

/// Restores the rows that tie a collection to its segments: those that other traces prove, then the
/// only ones that nobody else can have. Where nothing is left to tie it to, it gets new ones.
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
      } else if (finding instanceof SegmentFinding.Displaced displaced) {
        SegmentRows.rename(surgery, in.id(), displaced.scope(), displaced.proven());
      } else if (finding instanceof SegmentFinding.Duplicate duplicate) {
        keepOne(surgery, duplicate.scope());
      } else if (finding instanceof SegmentFinding.TypeUnknown unknown) {
        setType(surgery, unknown.segmentId());
      }
    }
    return findings.size();
  }

  /// Where the two rows of a collection have each other's type, their scopes were exchanged, for
  /// the type is what their other columns and files were made for.
  private void setType(Surgery surgery, String id) throws IOException {
    String crossed =
        "collection=?1 AND ((scope='VECTOR' AND type=?3) OR (scope='METADATA' AND type=?2))";
    boolean exchanged =
        surgery
                .database()
                .number(
                    "SELECT count(DISTINCT scope) FROM segments WHERE " + crossed,
                    in.id(),
                    SegmentRow.VECTOR_TYPE,
                    SegmentRow.METADATA_TYPE)
            == 2;
    if (exchanged) {
      surgery
          .database()
          .execute(
              "UPDATE segments SET scope=CASE type WHEN ?2 THEN 'VECTOR' ELSE 'METADATA' END WHERE "
                  + crossed,
              in.id(),
              SegmentRow.VECTOR_TYPE,
              SegmentRow.METADATA_TYPE);
    } else {
      surgery
          .database()
          .execute(
              "UPDATE segments SET type=CASE scope WHEN 'VECTOR' THEN ? ELSE ? END WHERE id=?",
              SegmentRow.VECTOR_TYPE,
              SegmentRow.METADATA_TYPE,
              id);
    }
  }

  /// Of several rows the one stays that is proven, or that something refers to. Where that is none,
  /// the first does.
  private void keepOne(Surgery surgery, String scope) throws IOException {
    List<String> rows = rowsOf(surgery, scope);
    Optional<String> proven = surgery.adoption().of(in.id(), scope).filter(rows::contains);
    List<String> used = proven.isPresent() ? List.of(proven.get()) : used(surgery, scope, rows);
    if (used.size() > 1) {
      throw new PalaceException.Refused(
          "collection %s has several %s segments that are in use: %s"
              .formatted(in.name(), scope, String.join(", ", used)),
          "delete the wrong ones from the table segments, then run palace repair again");
    }
    Optional<String> kept = Stream.concat(used.stream(), rows.stream()).findFirst();
    for (String id : rows) {
      if (!id.equals(kept.orElseThrow())) {
        for (String table : List.of("segment_metadata", "max_seq_id")) {
          surgery.database().execute("DELETE FROM " + table + " WHERE segment_id=?", id);
        }
        surgery.database().execute("DELETE FROM segments WHERE id=?", id);
      }
    }
  }

  /// {@return the rows of a scope but those that are proven to be another collection's}
  private List<String> rowsOf(Surgery surgery, String scope) throws IOException {
    return surgery
        .database()
        .list(
            "SELECT id FROM segments WHERE collection=? AND scope=? ORDER BY rowid",
            row -> row.text(1),
            in.id(),
            scope)
        .stream()
        .filter(id ->
            surgery.adoption().segments().stream()
                .noneMatch(row -> row.id().equals(id) && !row.collectionId().equals(in.id())))
        .toList();
  }

  private static List<String> used(Surgery surgery, String scope, List<String> rows)
      throws IOException {
    var used = new ArrayList<String>();
    for (String id : rows) {
      if (scope.equals(SegmentRow.METADATA) ? hasDrawers(surgery, id) : hasIndex(surgery, id)) {
        used.add(id);
      }
    }
    return used;
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
    Optional<String> proven = surgery.adoption().of(in.id(), scope);
    if (proven.isPresent()) {
      return proven.get();
    }
    List<String> candidates = unclaimed(surgery, scope);
    if (candidates.isEmpty()) {
      return UUID.randomUUID().toString();
    }
    if (candidates.size() > 1 || lacking(surgery, scope) > 1) {
      throw new PalaceException.Refused(
          "collection %s has no %s segment, and nothing tells which is its: %s"
              .formatted(in.name(), scope, String.join(", ", candidates)),
          "insert the right one into the table segments, then run palace repair again");
    }
    return candidates.getFirst();
  }

  private static List<String> unclaimed(Surgery surgery, String scope) throws IOException {
    Predicate<String> isDirectory = surgery.segmentDirectories()::contains;
    Set<String> claimed =
        Set.copyOf(surgery.database().list("SELECT id FROM segments", row -> row.text(1)));
    return surgery.adoption().untold().stream()
        .filter(scope.equals(SegmentRow.VECTOR) ? isDirectory : isDirectory.negate())
        .filter(id -> !claimed.contains(id))
        .toList();
  }

  /// {@return how many collections lack such a segment and are not known to get one}
  private static long lacking(Surgery surgery, String scope) throws IOException {
    return surgery
        .database()
        .list(
            "SELECT id FROM collections WHERE id NOT IN (SELECT collection FROM segments WHERE scope=?)",
            row -> row.text(1),
            scope)
        .stream()
        .filter(id -> surgery.adoption().of(id, scope).isEmpty())
        .count();
  }
}
