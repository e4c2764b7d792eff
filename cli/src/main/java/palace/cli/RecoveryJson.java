package palace.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import palace.common.RunId;
import palace.common.restore.Pending;
import palace.common.restore.Settled;

/// What interrupted runs left, and what was done about it, for programs.
final class RecoveryJson {
  private RecoveryJson() {}

  /// {@return the fields of the document about what is pending}
  static ObjectNode of(Pending pending) {
    ObjectNode json = object().put("palace", pending.palace().toString());
    json.set("pending", pending(pending));
    return json;
  }

  /// {@return what is pending}
  static ObjectNode pending(Pending pending) {
    ObjectNode json = object().put("palaceMissing", pending.missing());
    ArrayNode runs = json.putArray("runs");
    for (Pending.Run run : pending.runs()) {
      ObjectNode each = runs.addObject().put("id", run.id().value());
      run.operation().ifPresent(operation -> each.put("operation", operation));
      run.journal().ifPresent(journal -> each.put("journal", journal.toString()));
      each.put("sentence", run.sentence());
    }
    json.set("leftovers", texts(pending.leftovers()));
    return json;
  }

  /// {@return the fields of the document about what was done}
  static ObjectNode of(Settled settled) {
    ObjectNode json = object().put("palace", settled.palace().toString());
    json.set("runs", texts(settled.runs().stream().map(RunId::value).toList()));
    json.set("recovered", texts(settled.sentences()));
    json.set("warnings", texts(settled.warnings()));
    return json;
  }

  /// {@return texts as an array}
  static ArrayNode texts(List<?> texts) {
    ArrayNode json = JsonNodeFactory.instance.arrayNode();
    texts.forEach(text -> json.add(text.toString()));
    return json;
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
