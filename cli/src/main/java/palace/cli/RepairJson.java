package palace.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import palace.common.store.SkippedRow;
import palace.repair.Embedded;
import palace.repair.Loss;
import palace.repair.Outcome;
import palace.repair.RepairPlan;
import palace.repair.RepairReport;
import palace.repair.Treatment;

/// What a repair planned and did, for programs.
final class RepairJson {
  private RepairJson() {}

  /// {@return the fields of the document}
  static ObjectNode of(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Healthy healthy ->
          unchanged(healthy.diagnosis().palace())
              .set("findings", DiagnosisJson.findings(healthy.diagnosis().findings()));
      case Outcome.Planned(RepairPlan plan) ->
          unchanged(plan.diagnosis().palace()).set("plan", plan(plan));
      case Outcome.Waiting(var diagnosis, Embedded embedded) ->
          unchanged(diagnosis.palace()).set("embedded", embedded(embedded));
      case Outcome.Repaired(RepairReport report) -> report(report);
      case Outcome.PartlyRepaired(RepairReport report) -> report(report);
      case Outcome.PutBack(Path from, var displaced, Outcome then) -> {
        ObjectNode json = of(then).put("putBackFrom", from.toString());
        displaced.ifPresent(id -> json.put("displaced", id.value()));
        yield json;
      }
    };
  }

  /// {@return the outcome in one word}
  static String word(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Healthy healthy -> "nothing-to-do";
      case Outcome.Planned planned -> "planned";
      case Outcome.Waiting waiting -> "waiting";
      case Outcome.Repaired repaired -> "repaired";
      case Outcome.PartlyRepaired partly -> "partly-repaired";
      case Outcome.PutBack(Path from, var displaced, Outcome then) ->
          then instanceof Outcome.Healthy ? "put-back" : word(then);
    };
  }

  private static ObjectNode unchanged(Path palace) {
    ObjectNode json = object().put("palace", palace.toString());
    json.putObject("lost");
    return json;
  }

  private static ObjectNode report(RepairReport report) {
    ObjectNode json = object();
    json.put("run", report.run().value());
    json.put("palace", report.palace().toString());
    json.set("plan", plan(report.plan()));
    ArrayNode done = json.putArray("done");
    report
        .done()
        .forEach(act -> done.add(treatment(act.treatment()).put("changes", act.changes())));
    json.set("lost", lost(report.lost()));
    json.set("skipped", skipped(report.skipped()));
    json.set("remaining", DiagnosisJson.findings(report.remaining()));
    json.put("snapshot", report.snapshot().toString());
    json.set("undo", texts(report.undo()));
    report.needsEmbedding().ifPresent(file -> json.put("needsEmbedding", file.toString()));
    report.rescued().ifPresent(copy -> json.set("rescued", RescueJson.of(copy)));
    json.set("notes", texts(report.notes()));
    report.embedded().ifPresent(embedded -> json.set("embedded", embedded(embedded)));
    return json.put("seconds", report.took().toMillis() / 1000.0);
  }

  private static ObjectNode embedded(Embedded embedded) {
    ObjectNode json = object().put("model", embedded.model()).put("received", embedded.received());
    ObjectNode filled = json.putObject("filled");
    embedded.filled().forEach(filled::put);
    ObjectNode waiting = json.putObject("waiting");
    embedded
        .waiting()
        .forEach((collection, drawers) -> {
          ArrayNode items = waiting.putArray(collection);
          drawers.forEach(
              drawer -> items.addObject().put("id", drawer.id()).put("reason", drawer.reason()));
        });
    embedded.stopped().ifPresent(reason -> json.put("stopped", reason));
    return json;
  }

  private static ObjectNode plan(RepairPlan plan) {
    ObjectNode json = object();
    json.set("findings", DiagnosisJson.findings(plan.diagnosis().findings()));
    ArrayNode treatments = json.putArray("treatments");
    for (RepairPlan.Cure cure : plan.cures()) {
      ObjectNode treatment = treatment(cure.treatment());
      cure.treatment().discards(cure.findings()).ifPresent(what -> treatment.put("discards", what));
      treatment.set("cures", DiagnosisJson.findings(cure.findings()));
      treatments.add(treatment);
    }
    ArrayNode untreatable = json.putArray("untreatable");
    for (RepairPlan.Untreatable stays : plan.untreatable()) {
      untreatable.add(DiagnosisJson.finding(stays.finding()).put("reason", stays.reason()));
    }
    return json;
  }

  private static ObjectNode treatment(Treatment treatment) {
    ObjectNode json = object();
    json.put("code", treatment.code()).put("act", treatment.act()).put("cost", treatment.cost());
    treatment.collection().ifPresent(name -> json.put("collection", name));
    return json;
  }

  private static ObjectNode lost(Map<String, Loss> lost) {
    ObjectNode json = object();
    lost.forEach((collection, loss) -> {
      ObjectNode kinds = json.putObject(collection);
      byKind(loss)
          .forEach((kind, ids) -> {
            if (!ids.isEmpty()) {
              kinds.set(kind, texts(ids));
            }
          });
    });
    return json;
  }

  /// {@return the ids of a loss by the word for what was lost}
  static Map<String, List<String>> byKind(Loss loss) {
    return Map.of(
        "records", loss.records(),
        "vectors", loss.vectors(),
        "documents", loss.documents(),
        "metadata", loss.metadata());
  }

  private static ArrayNode skipped(Map<String, List<SkippedRow>> skipped) {
    ArrayNode json = JsonNodeFactory.instance.arrayNode();
    skipped.forEach((collection, rows) -> {
      for (SkippedRow row : rows) {
        json.addObject()
            .put("collection", collection)
            .put("sequence", row.sequence())
            .put("id", row.id())
            .put("reason", row.reason());
      }
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
