package palace.common.history;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.files.AppendOnlyFile;
import palace.common.files.Durable;
import palace.common.files.LockFile;

/// The record of every run of one palace, `history.jsonl` in its ops folder: one JSON object a
/// line, each flushed before the next writer may append.
///
/// ```json
/// {"time": TIME, "run": I, "command": TEXT, "outcome": WORD, "exitCode": N, "version": V, "summary": {…}}
/// ```
///
/// Writers exclude each other through `history.lock`, which stays when the record itself is put
/// away.
public final class History {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
  private static final Duration PAUSE = Duration.ofMillis(5);

  private final Path opsFolder;

  private History(Path opsFolder) {
    this.opsFolder = opsFolder;
  }

  /// {@return the record in an ops folder, which need not exist yet}
  public static History in(Path opsFolder) {
    return new History(opsFolder);
  }

  /// What a reading found: the runs in the order they were recorded, and how many lines could not
  /// be understood, the torn last line of a crash among them.
  public record Reading(List<HistoryEntry> entries, int unreadableLines) {}

  /// Appends one run, durably, creating the ops folder (mode 0700) when it is missing.
  public void append(HistoryEntry entry) throws IOException {
    if (!Files.isDirectory(opsFolder, LinkOption.NOFOLLOW_LINKS)) {
      Durable.createDirectory(opsFolder, Durable.OWNER_ONLY);
    }
    try (LockFile lock = lock()) {
      AppendOnlyFile.append(file(), toLine(entry));
    }
  }

  /// {@return every recorded run; nothing when there is no record} Nothing is written.
  public Reading read() throws IOException {
    var entries = new ArrayList<HistoryEntry>();
    int unreadable = 0;
    if (Files.isRegularFile(file(), LinkOption.NOFOLLOW_LINKS)) {
      try (var input = Files.newInputStream(file())) {
        for (String line : new String(input.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
          unreadable += line.isEmpty() || parse(line, entries) ? 0 : 1;
        }
      }
    }
    return new Reading(entries, unreadable);
  }

  private Path file() {
    return opsFolder.resolve("history.jsonl");
  }

  private LockFile lock() throws IOException {
    long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
    String body = "pid " + ProcessHandle.current().pid();
    while (true) {
      var lock = LockFile.tryAcquire(opsFolder.resolve("history.lock"), body);
      if (lock.isPresent()) {
        return lock.get();
      }
      if (System.nanoTime() > deadline) {
        throw new PalaceException.Busy(
            "%s has been locked for %d seconds".formatted(file(), LONGEST_WAIT.toSeconds()),
            "see who holds history.lock beside it");
      }
      pause();
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PalaceException.Failed("interrupted", "run it again", e);
    }
  }

  private static String toLine(HistoryEntry entry) throws IOException {
    var line = JSON.createObjectNode();
    line.put("time", entry.time().toString()).put("run", entry.run().value());
    line.put("command", entry.command()).put("outcome", entry.outcome());
    line.put("exitCode", entry.exitCode()).put("version", entry.version());
    line.set("summary", JSON.valueToTree(entry.summary()));
    return JSON.writeValueAsString(line);
  }

  private static boolean parse(String line, List<HistoryEntry> entries) {
    try {
      JsonNode root = JSON.readTree(line);
      entries.add(
          new HistoryEntry(
              Instant.parse(root.required("time").asText()),
              new RunId(root.required("run").asText()),
              root.required("command").asText(),
              root.required("outcome").asText(),
              root.required("exitCode").asInt(),
              root.required("version").asText(),
              JSON.convertValue(
                  root.path("summary"), new TypeReference<Map<String, Object>>() {})));
      return true;
    } catch (JsonProcessingException
        | IllegalArgumentException
        | NullPointerException
        | DateTimeException e) {
      return false;
    }
  }
}
