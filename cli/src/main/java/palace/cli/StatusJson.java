package palace.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Collection;
import palace.common.chroma.DatabaseCondition;
import palace.common.chroma.SchemaLevel;
import palace.common.files.TreeSize;
import palace.common.lock.LockHolder;

/// A palace at a glance, for programs.
final class StatusJson {
  private StatusJson() {}

  /// {@return the fields of the document}
  static ObjectNode of(PalaceStatus status) {
    ObjectNode json = object();
    json.put("palace", status.palace().toString());
    json.set("schema", schema(status.level()));
    json.set("database", condition(status.condition()));
    json.put("drawers", status.drawers()).put("missingVectors", status.missing());
    ArrayNode collections = json.putArray("collections");
    status.collections().forEach(collection -> collections.add(collection(collection)));
    json.set("sizes", sizes(status.sizes()));
    json.set("companions", names(status.companions()));
    json.set("quarantined", names(status.quarantined()));
    ArrayNode leftovers = json.putArray("leftovers");
    for (PalaceStatus.Leftover leftover : status.leftovers()) {
      leftovers
          .addObject()
          .put("path", leftover.path().toString())
          .put("interruptedRun", leftover.ours() && status.wasInterrupted());
    }
    json.set("pending", RecoveryJson.pending(status.pending()));
    json.set("snapshots", snapshots(status));
    status.holder().ifPresent(holder -> json.set("holder", holder(holder)));
    return json.put("needsAttention", status.needsAttention());
  }

  /// {@return who uses a palace}
  static ObjectNode holder(LockHolder holder) {
    return object()
        .put("pid", holder.pid())
        .put("host", holder.host())
        .put("command", holder.command())
        .put("since", holder.since());
  }

  /// {@return a schema level and the releases that leave it}
  static ObjectNode schema(SchemaLevel level) {
    return object().put("level", level.toString()).put("releases", level.releases());
  }

  private static ObjectNode condition(DatabaseCondition condition) {
    return switch (condition) {
      case DatabaseCondition.Clean() -> object().put("condition", "clean");
      case DatabaseCondition.HotJournal(long bytes) ->
          object().put("condition", "interrupted-write").put("journalBytes", bytes);
      case DatabaseCondition.UnmergedLog(long bytes) ->
          object().put("condition", "unmerged-log").put("logBytes", bytes);
    };
  }

  private static ObjectNode collection(PalaceStatus.Collection collection) {
    return object()
        .put("name", collection.row().name())
        .put("id", collection.row().id())
        .put("tenant", collection.row().tenant())
        .put("database", collection.row().database())
        .put("space", collection.space().chromaName())
        .put("dimension", collection.dimension())
        .put("drawers", collection.drawers())
        .put("vectorsInIndex", collection.inIndex())
        .put("vectorsInQueue", collection.inQueue())
        .put("vectorsInQuarantine", collection.inQuarantine())
        .put("vectorsInFreePages", collection.inFreePages())
        .put("missingVectors", collection.missing());
  }

  private static ObjectNode sizes(PalaceStatus.Sizes sizes) {
    ObjectNode json = object();
    json.set("total", size(sizes.total()));
    json.set("database", size(sizes.database()));
    json.set("segments", size(sizes.segments()));
    json.set("companions", size(sizes.companions()));
    return json;
  }

  private static ObjectNode size(TreeSize size) {
    return object()
        .put("apparentBytes", size.apparentBytes())
        .put("allocatedBytes", size.allocatedBytes())
        .put("files", size.files());
  }

  private static ObjectNode snapshots(PalaceStatus status) {
    ObjectNode json = object();
    json.put("count", status.snapshots().size()).put("bytes", status.snapshotBytes());
    ArrayNode entries = json.putArray("entries");
    status.snapshots().forEach(entry -> entries.add(SnapshotJson.entry(entry)));
    return json;
  }

  private static ArrayNode names(Collection<Path> paths) {
    ArrayNode json = JsonNodeFactory.instance.arrayNode();
    paths.forEach(path -> json.add(path.getFileName().toString()));
    return json;
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
