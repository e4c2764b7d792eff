package palace.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import palace.common.ExitCode;
import palace.common.PalaceException;
import palace.common.Progress;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/// The command `palace`: without a verb it is wrong usage, and says which verbs there are.
@Command(
    name = "palace",
    versionProvider = PalaceVersion.class,
    synopsisSubcommandLabel = "VERB",
    description =
        "Checks, migrates and repairs MemPalace/Chroma palaces, and takes any of it back, without"
            + " Chroma.",
    sortOptions = false,
    commandListHeading = "%nVerbs:%n",
    subcommands = {
      StatusCommand.class,
      DoctorCommand.class,
      MigrateCommand.class,
      RepairCommand.class,
      SnapshotCommand.class,
      RestoreCommand.class,
      RecoverCommand.class
    },
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
    },
    footer = {
      "",
      "Examples:",
      "  palace doctor ~/.mempalace/palace",
      "  palace repair --dry-run",
      "  palace migrate --to 1.5.9 --yes",
      "  palace snapshot list"
    })
public final class PalaceCommand implements Runnable {
  @Mixin private GlobalOptions options;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version of palace and of its Java.")
  @SuppressWarnings("UnusedVariable")
  private boolean version;

  @Spec private CommandSpec spec;

  private final Environment environment;
  private final Terminal terminal;
  private final Cancellation cancellation;

  /// The command in this process, as completion and manual pages look at it.
  PalaceCommand() {
    this(Environment.ofProcess(), Terminal.ofProcess(), new Cancellation(line -> {}));
  }

  private PalaceCommand(Environment environment, Terminal terminal, Cancellation cancellation) {
    this.environment = environment;
    this.terminal = terminal;
    this.cancellation = cancellation;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing");
  }

  Environment environment() {
    return environment;
  }

  Terminal terminal() {
    return terminal;
  }

  GlobalOptions options() {
    return options;
  }

  Speech speech(String command) {
    return new Speech(terminal, command, options.json(), options.quiet());
  }

  Cancellation cancellation() {
    return cancellation;
  }

  Progress progress() {
    boolean shown = terminal.showsProgress() && !options.quiet() && !options.json();
    return cancellation.watching(shown ? new ProgressDisplay(terminal.err()) : Progress.SILENT);
  }

  /// {@return the exit code of one command line}
  public static int run(String... args) {
    return run(Environment.ofProcess(), Terminal.ofProcess(), args);
  }

  /// {@return the exit code of one command line in another environment}
  static int run(Environment environment, Terminal terminal, String... args) {
    return run(environment, terminal, new Cancellation(line -> {}), args);
  }

  private static int run(
      Environment environment, Terminal terminal, Cancellation cancellation, String... args) {
    var command = new PalaceCommand(environment, terminal, cancellation);
    var line = new CommandLine(command);
    line.setColorScheme(Help.defaultColorScheme(colours(environment, terminal, args)));
    line.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8));
    line.setParameterExceptionHandler(command::wrongUsage);
    line.setExecutionExceptionHandler(command::failed);
    line.setExpandAtFiles(false);
    try {
      return line.execute(args);
    } catch (StackOverflowError | OutOfMemoryError e) {
      return command.speech("palace").give(Failure.of(e));
    }
  }

  private static Help.Ansi colours(Environment environment, Terminal terminal, String... args) {
    boolean plain =
        List.of(args).contains(GlobalOptions.NO_COLOR)
            || environment.get("NO_COLOR").isPresent()
            || !terminal.showsProgress();
    return plain ? Help.Ansi.OFF : Help.Ansi.AUTO;
  }

  private int wrongUsage(ParameterException e, String... args) {
    String verb = Verb.name(e.getCommandLine().getCommandSpec());
    var speech = new Speech(terminal, verb, List.of(args).contains(GlobalOptions.JSON), false);
    String message = WrongUsage.sentence(e);
    return speech.give(Failure.unchanged(ExitCode.USAGE, "usage", message, WrongUsage.hint(e)));
  }

  private int failed(Exception thrown, CommandLine line, ParseResult parsed) {
    if (options.verbose() && !(thrown instanceof PalaceException)) {
      thrown.printStackTrace(terminal.err());
    }
    Speech speech = speech(Verb.name(line.getCommandSpec()));
    return speech.give(cancellation.isWanted() ? Failure.afterSignal(thrown) : Failure.of(thrown));
  }

  /// Runs one command line and ends the process with its exit code. A signal lets it undo first.
  public static void main(String... args) {
    Terminal terminal = Terminal.ofProcess();
    var cancellation = new Cancellation(terminal.err()::println);
    cancellation.onSignal();
    int code = run(Environment.ofProcess(), terminal, cancellation, args);
    cancellation.finished(code);
    cancellation.exiting();
    System.exit(code);
  }
}
