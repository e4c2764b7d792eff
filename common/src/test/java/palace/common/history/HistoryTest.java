package palace.common.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.RunId;

final class HistoryTest {
  private static final RunId RUN = new RunId("20261121T034700Z-1a2b3c");

  @TempDir Path directory;

  @Test
  void runsAreReadBackAsTheyWereRecorded() throws IOException {
    var history = History.in(directory.resolve("palace.ops"));
    assertThat(history.read()).isEqualTo(new History.Reading(java.util.List.of(), 0));
    var first = entry(Map.of("drawers", 12, "snapshot", "a \"b\"\nc", "complete", true));
    history.append(first);
    history.append(entry(Map.of()));
    assertThat(history.read().entries()).containsExactly(first, entry(Map.of()));
    assertThat(Files.readString(directory.resolve("palace.ops/history.jsonl")).lines().findFirst())
        .contains(
            "{\"time\":\"2026-11-21T03:47:00Z\",\"run\":\"20261121T034700Z-1a2b3c\",\"command\":\"migrate\","
                + "\"outcome\":\"done\",\"exitCode\":0,\"version\":\"0.1.0\",\"summary\":{\"complete\":true,\"drawers\":12,\"snapshot\":\"a"
                + " \\\"b\\\"\\nc\"}}");
  }

  @Test
  void aTornLastLineIsCountedAndEndedByTheNextRun() throws IOException {
    var history = History.in(directory);
    history.append(entry(Map.of()));
    Files.writeString(
        directory.resolve("history.jsonl"), "{\"time\":\"20", StandardOpenOption.APPEND);
    assertThat(history.read())
        .isEqualTo(new History.Reading(java.util.List.of(entry(Map.of())), 1));
    history.append(entry(Map.of("n", 2)));
    assertThat(history.read().entries()).containsExactly(entry(Map.of()), entry(Map.of("n", 2)));
    assertThat(history.read().unreadableLines()).isEqualTo(1);
  }

  @Test
  void linesOfManyWritersAreAllWhole() throws Exception {
    try (var threads = Executors.newFixedThreadPool(8)) {
      var tasks =
          IntStream.range(0, 80)
              .mapToObj(number ->
                  (Callable<Void>)
                      () -> {
                        History.in(directory)
                            .append(entry(Map.of("n", number, "text", "x".repeat(20_000))));
                        return null;
                      })
              .toList();
      for (var result : threads.invokeAll(tasks)) {
        result.get();
      }
    }
    var reading = History.in(directory).read();
    assertThat(reading.unreadableLines()).isZero();
    assertThat(reading.entries().stream().map(entry -> (int) entry.summary().get("n")))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 80).boxed().toList());
  }

  private static HistoryEntry entry(Map<String, Object> summary) {
    return new HistoryEntry(
        Instant.parse("2026-11-21T03:47:00Z"), RUN, "migrate", "done", 0, "0.1.0", summary);
  }
}
