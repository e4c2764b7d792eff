package palace.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import palace.common.doctor.CollectionSummary;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Finding;
import palace.common.doctor.NotRun;
import palace.common.doctor.Prediction;
import palace.repair.Treatment;
import palace.repair.Verdict;

/// What the doctor says, for programs.
final class DiagnosisJson {
  private DiagnosisJson() {}

  /// {@return the fields of the document; every one is always there, null where there is nothing to
  /// say}
  static ObjectNode of(Examined examined) {
    Diagnosis diagnosis = examined.diagnosis();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("palace", diagnosis.palace().toString());
    json.set("schema", diagnosis.level().map(StatusJson::schema).orElse(null));
    json.put("healthy", diagnosis.isHealthy());
    json.set("prediction", diagnosis.prediction().map(DiagnosisJson::prediction).orElse(null));
    json.set("holder", examined.user().map(StatusJson::holder).orElse(null));
    json.set("findings", findings(diagnosis.findings()));
    ArrayNode notRun = json.putArray("checksNotRun");
    for (NotRun check : diagnosis.notRun()) {
      notRun
          .addObject()
          .put("check", check.check())
          .put("reason", check.reason())
          .put("essential", check.essential());
    }
    ArrayNode collections = json.putArray("collections");
    diagnosis.collections().forEach(collection -> collections.add(collection(collection)));
    ObjectNode digests = json.putObject("digests");
    examined.digests().forEach(digests::put);
    ArrayNode next = json.putArray("next");
    examined.next().forEach(next::add);
    return json;
  }

  private static ObjectNode prediction(Prediction prediction) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("chroma", Prediction.CHROMA)
        .put("outcome", DiagnosisText.word(prediction.outcome()))
        .put("certain", prediction.certain())
        .put("sentence", prediction.toString());
  }

  /// {@return findings in their order}
  static ArrayNode findings(List<Finding> findings) {
    ArrayNode json = JsonNodeFactory.instance.arrayNode();
    findings.forEach(finding -> json.add(finding(finding)));
    return json;
  }

  /// {@return one finding}
  static ObjectNode finding(Finding finding) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("code", finding.code());
    json.put("severity", DiagnosisText.word(finding.severity()));
    json.put("sentence", finding.sentence());
    json.put("threatens", finding.threatens().sentence());
    json.set("prediction", prediction(Prediction.of(finding)));
    json.put("collection", finding.collection().orElse(null));
    json.put("path", finding.where().map(Path::toString).orElse(null));
    treatment(finding, json);
    return json;
  }

  private static void treatment(Finding finding, ObjectNode json) {
    json.putNull("untreatable");
    switch (Verdict.on(finding)) {
      case Verdict.Treat(Treatment treatment) ->
          json.putObject("treatment")
              .put("code", treatment.code())
              .put("act", treatment.act())
              .put("cost", treatment.cost());
      case Verdict.Leave leave -> json.putNull("treatment");
      case Verdict.Hopeless(String reason, boolean endangers) -> {
        json.putNull("treatment");
        json.put("untreatable", reason);
      }
    }
  }

  private static ObjectNode collection(CollectionSummary collection) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("name", collection.name())
        .put("id", collection.id())
        .put("space", collection.space().chromaName())
        .put("dimension", collection.dimension())
        .put("drawers", collection.drawers())
        .put("vectorsInIndex", collection.vectorsInIndex())
        .put("vectorsInQueue", collection.vectorsInQueue())
        .put("vectorsInQuarantine", collection.vectorsInSiblings())
        .put("vectorsInFreePages", collection.vectorsInFreePages())
        .put("missingVectors", collection.vectorsMissing())
        .put("queueRows", collection.queueRows());
  }
}
