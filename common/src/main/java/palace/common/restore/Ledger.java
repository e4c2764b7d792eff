package palace.common.restore;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.RunId;
import palace.common.swap.LogValue;

/// What a recovery has done so far, for its report and for the log.
final class Ledger {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  private final List<RunId> runs = new ArrayList<>();
  private final List<String> sentences = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  void pending(RunId run, String operation) {
    LOG.warn("txn.pending id={} op={}", run, operation);
  }

  void settled(RunId run, String direction, String sentence) {
    LOG.info("txn.recovered id={} direction={}", run, direction);
    if (!runs.contains(run)) {
      runs.add(run);
    }
    sentences.add(sentence);
  }

  void said(List<String> more) {
    sentences.addAll(more);
  }

  void did(String sentence) {
    sentences.add(sentence);
  }

  void warn(String warning) {
    LOG.warn("txn.warning text={}", LogValue.of(warning));
    warnings.add(warning);
  }

  void leftover(Path path, Exception cause) {
    LOG.warn("stage.leftover dir={} cause={}", LogValue.of(path), LogValue.of(cause));
    warnings.add("%s could not be deleted: %s".formatted(path, cause.getMessage()));
  }

  Settled settled(Path palace) {
    return new Settled(palace, runs, sentences, warnings);
  }
}
