package palace.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import palace.common.PalaceException;
import picocli.CommandLine.Option;

/// A verb that changes a palace: it shows its plan and asks, unless it was told not to.
abstract class MutatingVerb extends Verb {
  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask.")
  private boolean yes;

  @Option(names = "--dry-run", description = "Show the plan and stop; nothing is written.")
  private boolean dryRun;

  final boolean saidYes() {
    return yes;
  }

  final boolean dryRun() {
    return dryRun;
  }

  /// Shows the plan and asks; throws the refusal when the answer is no, or there is nobody to ask.
  final void requireConsent(List<String> plan) throws IOException {
    plan.forEach(terminal().err()::println);
    if (terminal().operator().isEmpty()) {
      throw new PalaceException.Refused(
          "there is no terminal to ask on, and no --yes; nothing was changed",
          "add --yes to go ahead, or --dry-run to see the plan only");
    }
    terminal().err().print("proceed? [y/N] ");
    terminal().err().flush();
    String reply = terminal().operator().get().readLine();
    if (reply == null || !reply.strip().toLowerCase(Locale.ROOT).matches("y|yes")) {
      throw new PalaceException.Refused("declined; nothing was changed", "");
    }
  }
}
