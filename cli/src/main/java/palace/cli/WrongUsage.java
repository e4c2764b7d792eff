package palace.cli;

import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// What is said about a command line that cannot be understood.
final class WrongUsage {
  private WrongUsage() {}

  /// {@return what is wrong, in the words of this program}
  static String sentence(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched) {
      String argument = unmatched.getUnmatched().getFirst();
      return (argument.startsWith("-") ? "unknown option: " : "not expected here: ") + argument;
    }
    String message = String.valueOf(e.getMessage());
    return message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
  }

  /// {@return what to type next}
  static String hint(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched) {
      List<String> suggestions = unmatched.getSuggestions();
      if (!suggestions.isEmpty()) {
        return "did you mean " + String.join(" or ", suggestions) + "?";
      }
    }
    return e.getCommandLine().getCommandSpec().qualifiedName() + " --help says what it takes";
  }
}
