package palace.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import palace.common.doctor.CollectionSummary;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Finding;
import palace.common.doctor.NotRun;
import palace.repair.Treatment;
import palace.repair.Verdict;

/// What the doctor says, for programs.
final class DiagnosisJson {
  private DiagnosisJson() {}

  /// {@return the fields of the document}
  ///
  /// @param digests content digests by the collection's name, when they were asked for
  static ObjectNode of(Diagnosis diagnosis, Map<String, String> digests) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("palace", diagnosis.palace().toString());
    diagnosis.level().ifPresent(level -> json.set("schema", StatusJson.schema(level)));
    json.put("healthy", diagnosis.isHealthy());
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
    if (!digests.isEmpty()) {
      ObjectNode digestsJson = json.putObject("digests");
      digests.forEach(digestsJson::put);
    }
    return json;
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
    finding.collection().ifPresent(name -> json.put("collection", name));
    finding.where().ifPresent(path -> json.put("path", path.toString()));
    treatment(finding, json);
    return json;
  }

  private static void treatment(Finding finding, ObjectNode json) {
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
        .put("missingVectors", collection.vectorsMissing())
        .put("queueRows", collection.queueRows());
  }
}
