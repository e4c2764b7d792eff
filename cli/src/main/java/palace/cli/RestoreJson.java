package palace.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import palace.common.ShellWord;
import palace.common.restore.RestorePlan;
import palace.common.restore.RestoreReport;
import palace.common.restore.RestoreReport.Outcome;
import palace.common.snapshot.SnapshotDifference;

/// What a restore would do and did, for programs.
final class RestoreJson {
  private RestoreJson() {}

  /// {@return the outcome of a dry run in one word}
  static String word(RestorePlan plan) {
    return switch (plan) {
      case RestorePlan.AlreadyInPlace already -> "nothing-to-do";
      case RestorePlan.PutBack putBack -> putBack.verified() ? "planned" : "problems-found";
    };
  }

  /// {@return the outcome in one word}
  static String word(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Restored restored -> "restored";
      case Outcome.AlreadyInPlace already -> "nothing-to-do";
    };
  }

  /// {@return the fields of the document about what would be done}
  static ObjectNode of(RestorePlan plan) {
    ObjectNode json =
        object().put("palace", plan.palace().toString()).put("snapshot", plan.id().value());
    switch (plan) {
      case RestorePlan.AlreadyInPlace already ->
          json.put("previous", already.by().value()).put("undo", undo(already));
      case RestorePlan.PutBack putBack -> json.set("plan", plan(putBack));
    }
    return json;
  }

  private static String undo(RestorePlan.AlreadyInPlace already) {
    return "palace restore " + already.by() + " " + ShellWord.quote(already.palace());
  }

  private static ObjectNode plan(RestorePlan.PutBack plan) {
    ObjectNode json = object();
    json.set("snapshot", SnapshotJson.snapshot(plan.snapshot()));
    json.put("verified", plan.verified()).put("palaceMissing", plan.palaceMissing());
    json.set(
        "damage",
        RecoveryJson.texts(plan.damage().stream().map(SnapshotDifference::sentence).toList()));
    ArrayNode collections = json.putArray("collections");
    plan.collections().forEach(change -> collections.add(collection(change)));
    plan.unread().ifPresent(reason -> json.put("notCompared", reason));
    json.set("segmentsChanged", RecoveryJson.texts(plan.segmentsChanged()));
    return json.put("neededBytes", plan.neededBytes()).put("freeBytes", plan.freeBytes());
  }

  private static ObjectNode collection(RestorePlan.CollectionChange change) {
    ObjectNode json =
        object()
            .put("name", change.collection())
            .put("drawersNow", change.drawersNow())
            .put("drawersThen", change.drawersThen());
    json.set("disappearing", RecoveryJson.texts(change.disappearing()));
    json.set("returning", RecoveryJson.texts(change.returning()));
    json.set("changing", RecoveryJson.texts(change.changing()));
    return json;
  }

  /// {@return the fields of the document about what was done}
  static ObjectNode of(RestoreReport report) {
    ObjectNode json =
        object()
            .put("run", report.run().value())
            .put("palace", report.palace().toString())
            .put("snapshot", report.snapshot().value());
    if (report.outcome() instanceof Outcome.Restored restored) {
      json.put("scope", restored.scope().word());
    }
    report
        .undo()
        .ifPresent(id -> {
          json.put("previous", id.value());
          json.put("undo", "palace restore " + id + " " + ShellWord.quote(report.palace()));
        });
    json.set("recovered", RecoveryJson.texts(report.recovered()));
    json.set("warnings", RecoveryJson.texts(report.warnings()));
    return json.put("seconds", report.seconds());
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
