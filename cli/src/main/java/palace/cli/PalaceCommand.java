package palace.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The command `palace`: without a verb it is wrong usage, and says which verbs there are.
@Command(
    name = "palace",
    mixinStandardHelpOptions = true,
    versionProvider = PalaceVersion.class,
    description = "Checks, migrates, repairs, snapshots and undoes MemPalace/Chroma palaces.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:done, or nothing to do",
      " 1:failed; the palace is as it was before",
      " 2:wrong usage; nothing was looked at",
      " 3:refused by a check, or declined; the palace is as it was before",
      " 4:a person is needed; the message names the paths and the command to run",
      " 5:a check found problems, or drawers still lack vectors",
      " 6:busy: another process holds the palace",
      "78:the Java that was found is too old",
      "130:cancelled and undone"
    })
public final class PalaceCommand implements Runnable {
  @Spec private CommandSpec spec;

  PalaceCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing");
  }

  /// {@return the exit code of one command line}
  public static int run(String... args) {
    return new CommandLine(new PalaceCommand()).execute(args);
  }

  /// Runs one command line and ends the process with its exit code.
  public static void main(String... args) {
    System.exit(run(args));
  }
}
