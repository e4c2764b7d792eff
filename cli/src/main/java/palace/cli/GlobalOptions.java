package palace.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/// The options that every verb takes, before or after its name.
final class GlobalOptions {
  /// The option for JSON, which wrong usage must know of before anything could be parsed.
  static final String JSON = "--json";

  /// The option against colour, which help must know of before anything could be parsed.
  static final String NO_COLOR = "--no-color";

  @Option(
      names = "--palace",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description =
          "The palace. Otherwise MEMPALACE_PALACE_PATH, MEMPAL_PALACE_PATH, MEMPALACE_PALACE,"
              + " palace_path in MemPalace's config.json, or palace in its configuration folder.")
  private Optional<Path> palace = Optional.empty();

  @Option(
      names = JSON,
      scope = ScopeType.INHERIT,
      description = "Print one JSON document, for failures too.")
  private boolean json;

  @Option(
      names = {"-q", "--quiet"},
      scope = ScopeType.INHERIT,
      description = "Say only what needs attention.")
  private boolean quiet;

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Log each step to standard error.")
  private boolean verbose;

  @Option(
      names = NO_COLOR,
      scope = ScopeType.INHERIT,
      description = "Never use colour; nor where NO_COLOR is set, or on no terminal.")
  @SuppressWarnings("UnusedVariable")
  private boolean noColor;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      scope = ScopeType.INHERIT,
      description = "How long to wait for another palace command; 0 unless given.")
  private int waitSeconds;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable")
  private boolean help;

  Optional<Path> palace() {
    return palace;
  }

  boolean json() {
    return json;
  }

  boolean quiet() {
    return quiet;
  }

  boolean verbose() {
    return verbose;
  }

  int waitSeconds() {
    return waitSeconds;
  }

  Duration patience() {
    return Duration.ofSeconds(waitSeconds);
  }

  /// Lets through the log lines that were asked for: warnings, every step, or errors alone.
  void applyToLog() {
    Level level = verbose ? Level.INFO : quiet ? Level.ERROR : Level.WARN;
    if (LoggerFactory.getLogger("palace") instanceof Logger logger) {
      logger.setLevel(level);
    }
  }
}
