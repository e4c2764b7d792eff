package palace.repair;

import java.io.IOException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.ExitCode;
import palace.common.PalaceException;
import palace.common.history.History;
import palace.common.history.HistoryEntry;
import palace.common.swap.LogValue;

/// The line in the history that every run which may have changed something leaves, however it
/// ended.
final class RunRecord {
  private static final Logger LOG = LoggerFactory.getLogger(RunRecord.class);

  private RunRecord() {}

  /// The work of a run.
  @FunctionalInterface
  interface Work {
    Outcome run() throws IOException;
  }

  static Outcome recorded(RunContext context, Work work) throws IOException {
    try {
      Outcome outcome = work.run();
      remember(context, "done", outcome.exitCode(), summary(outcome));
      return outcome;
    } catch (PalaceException e) {
      boolean undone = !(e instanceof PalaceException.PersonNeeded);
      String word = e instanceof PalaceException.Refused ? "refused" : "rolled-back";
      remember(
          context,
          undone ? word : "person-needed",
          e.exitCode(),
          Map.of("cause", String.valueOf(e.getMessage())));
      throw e;
    }
  }

  private static Map<String, Object> summary(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Repaired(RepairReport report) -> summary(report);
      case Outcome.PartlyRepaired(RepairReport report) -> summary(report);
      case Outcome.Healthy healthy -> Map.of();
      case Outcome.Planned planned -> Map.of();
      case Outcome.Waiting waiting -> Map.of();
      case Outcome.PutBack back -> Map.of();
    };
  }

  private static Map<String, Object> summary(RepairReport report) {
    return Map.of(
        "findings", report.plan().diagnosis().damages().size(),
        "remaining", report.remaining().size(),
        "seconds", report.took().toSeconds(),
        "snapshot", report.run().value());
  }

  /// A history that cannot be written is said; it changes nothing about how the run ended.
  private static void remember(
      RunContext context, String word, ExitCode exitCode, Map<String, Object> summary) {
    var entry =
        new HistoryEntry(
            context.clock().instant(),
            context.paths().run(),
            "repair",
            word,
            exitCode.code(),
            context.request().toolVersion(),
            summary);
    try {
      History.in(context.paths().ops()).append(entry);
    } catch (IOException e) {
      LOG.warn("history.not-written cause={}", LogValue.of(e));
    }
  }
}
