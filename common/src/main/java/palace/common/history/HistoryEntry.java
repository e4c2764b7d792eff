package palace.common.history;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import palace.common.RunId;

/// One run.
///
/// @param time when it ended
/// @param run its id
/// @param command its command, as `migrate`
/// @param outcome one word: `done`, `rolled-back`, `refused`, …
/// @param exitCode its exit code
/// @param version the version of this tool
/// @param summary what it did, in numbers, truth values and short texts
public record HistoryEntry(
    Instant time,
    RunId run,
    String command,
    String outcome,
    int exitCode,
    String version,
    Map<String, Object> summary) {
  /// Makes the summary unmodifiable and sorts it.
  public HistoryEntry {
    summary = Collections.unmodifiableMap(new TreeMap<>(summary));
  }
}
