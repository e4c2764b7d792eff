package palace.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import palace.common.ExitCode;

/// How answers and failures reach the operator: as text, data on standard output and talk on
/// standard error; or as one JSON document on standard output for either.
///
/// ```
/// {"schemaVersion": 1, "command": VERB, "version": TEXT, "exitCode": N, "outcome": WORD, …report}
/// {"schemaVersion": 1, "command": VERB, …, "outcome": WORD, "error": {"message": …, "hint": …}}
/// ```
///
/// @param terminal where to speak
/// @param command the verb
/// @param json whether to speak JSON
/// @param quiet whether to say only what needs attention
record Speech(Terminal terminal, String command, boolean json, boolean quiet) {
  private static final int SCHEMA_VERSION = 1;

  /// Gives an answer.
  ///
  /// @return the exit code
  int give(Answer answer) {
    if (json) {
      ObjectNode document = document(answer.exitCode(), answer.outcome());
      document.setAll(answer.report());
      print(document);
    } else if (!quiet || answer.exitCode() != ExitCode.DONE) {
      answer.lines().forEach(terminal.out()::println);
    }
    return answer.exitCode().code();
  }

  /// Tells a failure.
  ///
  /// @return the exit code
  int give(Failure failure) {
    if (json) {
      ObjectNode document = document(failure.exitCode(), failure.outcome());
      document.putObject("error").put("message", failure.message()).put("hint", failure.hint());
      print(document);
    }
    terminal.err().println("palace: error: " + failure.message());
    if (!failure.hint().isEmpty()) {
      terminal.err().println("palace: hint: " + failure.hint());
    }
    return failure.exitCode().code();
  }

  /// Says something to the operator alone, unless it is to be quiet.
  void say(String line) {
    if (!quiet) {
      terminal.err().println(line);
    }
  }

  /// Says something that the operator must know, even one who wants quiet.
  void tell(String line) {
    terminal.err().println("palace: " + line);
  }

  /// Warns the operator.
  void warn(String warning) {
    terminal.err().println("palace: warning: " + warning);
  }

  private ObjectNode document(ExitCode exitCode, String outcome) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("schemaVersion", SCHEMA_VERSION)
        .put("command", command)
        .put("version", PalaceVersion.number())
        .put("exitCode", exitCode.code())
        .put("outcome", outcome);
  }

  private void print(ObjectNode document) {
    try {
      var mapper = JsonMapper.builder().build();
      terminal.out().println(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(document));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of texts and numbers is always JSON", e);
    }
  }
}
