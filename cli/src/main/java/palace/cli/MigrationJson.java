package palace.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import palace.migrate.MigrationPlan;
import palace.migrate.MigrationReport;
import palace.migrate.MigrationReport.Outcome;

/// What a migration planned and did, for programs.
final class MigrationJson {
  private MigrationJson() {}

  /// {@return the fields of the document}
  static ObjectNode of(MigrationReport report) {
    ObjectNode json = object();
    json.put("run", report.run().value());
    json.put("palace", report.plan().palace().toString());
    switch (report.outcome()) {
      case Outcome.Migrated migrated -> {
        json.put("result", migrated.palace().toString());
        migrated.snapshot().ifPresent(snapshot -> json.put("snapshot", snapshot.toString()));
        migrated.undo().ifPresent(undo -> json.put("undo", undo));
      }
      case Outcome.NothingToDo(String reason) -> json.put("reason", reason);
      case Outcome.Planned() -> {}
    }
    json.set("plan", plan(report.plan()));
    ArrayNode collections = json.putArray("collections");
    report.collections().forEach(collection -> collections.add(collection(collection)));
    json.set("lost", lost(report.lost()));
    ArrayNode skipped = json.putArray("skipped");
    for (MigrationReport.Skipped row : report.skipped()) {
      skipped
          .addObject()
          .put("collection", row.collection())
          .put("sequence", row.sequence())
          .put("id", row.id())
          .put("reason", row.reason());
    }
    json.set("notCarried", texts(report.notCarried()));
    json.set("warnings", texts(report.warnings()));
    return json.put("seconds", report.seconds());
  }

  /// {@return the outcome in one word}
  static String word(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Migrated migrated -> "migrated";
      case Outcome.NothingToDo nothing -> "nothing-to-do";
      case Outcome.Planned planned -> "planned";
    };
  }

  private static ObjectNode plan(MigrationPlan plan) {
    ObjectNode json = object();
    json.set("from", StatusJson.schema(plan.from()));
    ObjectNode to = StatusJson.schema(plan.to().level());
    json.set("to", to.put("release", plan.to().toString()));
    json.put("drawers", plan.drawers());
    json.put("neededBytes", plan.neededBytes()).put("freeBytes", plan.freeBytes());
    ArrayNode collections = json.putArray("collections");
    plan.collections().forEach(collection -> collections.add(collection(collection)));
    json.set("notCarried", texts(plan.notCarried()));
    return json;
  }

  private static ObjectNode collection(MigrationPlan.CollectionPlan collection) {
    return object()
        .put("name", collection.name())
        .put("tenant", collection.tenant())
        .put("database", collection.database())
        .put("space", collection.space().chromaName())
        .put("dimension", collection.dimension())
        .put("drawers", collection.drawers())
        .put("vectorsInIndex", collection.inIndex())
        .put("vectorsInQueue", collection.inQueue())
        .put("vectorsInQuarantine", collection.inSiblings())
        .put("vectorsInFreePages", collection.inFreePages())
        .put("missingVectors", collection.missing())
        .put("index", word(collection.indexFiles()));
  }

  private static ObjectNode collection(MigrationReport.CollectionResult collection) {
    return object()
        .put("name", collection.name())
        .put("tenant", collection.tenant())
        .put("database", collection.database())
        .put("space", collection.space())
        .put("dimension", collection.dimension())
        .put("drawers", collection.drawers())
        .put("vectorsFromIndex", collection.vectorsFromIndex())
        .put("vectorsFromQueue", collection.vectorsFromQueue())
        .put("vectorsFromQuarantine", collection.vectorsFromSiblings())
        .put("vectorsFromFreePages", collection.vectorsFromFreePages())
        .put("index", word(collection.indexFiles()))
        .put("contentDigest", collection.contentDigest());
  }

  private static String word(MigrationPlan.IndexFiles index) {
    return switch (index) {
      case NONE -> "none";
      case CARRIED -> "carried";
      case REBUILT -> "rebuilt";
    };
  }

  private static ObjectNode lost(Map<String, Map<String, List<String>>> lost) {
    ObjectNode json = object();
    lost.forEach((collection, kinds) -> {
      ObjectNode kindsJson = json.putObject(collection);
      kinds.forEach((kind, ids) -> kindsJson.set(kind, texts(ids)));
    });
    return json;
  }

  private static ArrayNode texts(List<String> texts) {
    ArrayNode json = JsonNodeFactory.instance.arrayNode();
    texts.forEach(json::add);
    return json;
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
