package palace.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotDifference;
import palace.common.snapshot.SnapshotEntry;

/// Kept states, for programs.
final class SnapshotJson {
  private SnapshotJson() {}

  /// {@return the fields of the document about a catalogue, the newest first}
  static ObjectNode of(Snapshots snapshots, List<SnapshotEntry> entries) {
    ObjectNode json = about(snapshots);
    ArrayNode array = json.putArray("snapshots");
    entries.forEach(entry -> array.add(entry(entry)));
    return json;
  }

  /// {@return the fields of the document about one that was made}
  static ObjectNode of(Snapshots snapshots, Snapshot made) {
    ObjectNode json = about(snapshots);
    json.set("snapshot", snapshot(made).put("directory", snapshots.folder(made.id()).toString()));
    return json.put("restore", snapshots.wayBack(made.id()));
  }

  private static ObjectNode about(Snapshots snapshots) {
    return object().put("palace", snapshots.palace().toString());
  }

  /// {@return a kept state, or that its description cannot be read}
  static ObjectNode entry(SnapshotEntry entry) {
    ObjectNode json =
        switch (entry) {
          case SnapshotEntry.Kept kept -> snapshot(kept.snapshot());
          case SnapshotEntry.Damaged damaged ->
              object()
                  .put("id", damaged.directory().getFileName().toString())
                  .put("damaged", damaged.reason());
        };
    return json.put("directory", entry.directory().toString());
  }

  /// {@return what is known of a kept state}
  static ObjectNode snapshot(Snapshot snapshot) {
    ObjectNode json =
        object()
            .put("id", snapshot.id().value())
            .put("scope", snapshot.scope().word())
            .put("command", snapshot.command())
            .put("created", snapshot.created().toString())
            .put("files", snapshot.files().size())
            .put("bytes", snapshot.bytes());
    snapshot.restored().ifPresent(id -> json.put("restored", id.value()));
    snapshot.known().release().ifPresent(release -> json.put("release", release));
    snapshot.known().drawers().ifPresent(drawers -> json.put("drawers", drawers));
    return json;
  }

  /// {@return what a check of one kept state found}
  static ObjectNode checked(SnapshotEntry entry, List<SnapshotDifference> differences) {
    ObjectNode json = entry(entry).put("sound", differences.isEmpty());
    ArrayNode array = json.putArray("differences");
    for (SnapshotDifference difference : differences) {
      array
          .addObject()
          .put("code", code(difference))
          .put("file", difference.file())
          .put("sentence", difference.sentence());
    }
    return json;
  }

  /// {@return a difference in one word}
  private static String code(SnapshotDifference difference) {
    return switch (difference) {
      case SnapshotDifference.Undescribed undescribed -> "undescribed";
      case SnapshotDifference.Missing missing -> "missing";
      case SnapshotDifference.Changed changed -> "changed";
      case SnapshotDifference.Extra extra -> "extra";
    };
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
