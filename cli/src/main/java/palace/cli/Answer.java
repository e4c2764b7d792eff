package palace.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import palace.common.ExitCode;

/// What a verb has to say in the end, for people and for programs.
///
/// @param exitCode how it ended
/// @param outcome the same in one word for programs
/// @param report what it found or did; its fields join those that every document has
/// @param lines the same for people
record Answer(ExitCode exitCode, String outcome, ObjectNode report, List<String> lines) {
  /// Keeps a copy of the lines.
  Answer {
    lines = List.copyOf(lines);
  }

  /// {@return the same, with what was settled before it}
  Answer recovering(List<String> settled) {
    if (!settled.isEmpty() && !report.has("recovered")) {
      report.set("recovered", RecoveryJson.texts(settled));
    }
    return this;
  }
}
