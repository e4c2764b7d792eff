package palace.common.swap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import palace.common.RunId;
import palace.common.files.FaultyFileOps;
import palace.common.files.FileDigest;
import palace.common.files.FileOps;
import palace.common.files.TreeDigest;

/// One change of a palace that is interrupted at every step: a palace, what it was, and what it is
/// to become.
enum CrashScenario {
  EXCHANGE,
  EXCHANGE_REFUSED,
  RENAMES,
  SNAPSHOT_EXCHANGE,
  SNAPSHOT_RENAMES,
  ENTRIES_EXCHANGE,
  ENTRIES_EXCHANGE_REFUSED,
  ENTRIES_RENAMES;

  static final RunId RUN = new RunId("20261121T034700Z-1a2b3c");
  static final RunId EARLIER = new RunId("20261120T034700Z-4d5e6f");
  static final Occasion OCCASION =
      new Occasion(RUN, "migrate", Instant.parse("2026-11-21T03:47:00Z"), "0.1.0");

  private static final String NAME = "palace";

  boolean isOfEntries() {
    return name().startsWith("ENTRIES");
  }

  /// {@return whether the palace's path must hold a palace at every moment}
  boolean isWithoutWindow() {
    return name().contains("EXCHANGE") && !name().contains("REFUSED");
  }

  FaultyFileOps through(FaultyFileOps ops) {
    if (name().endsWith("RENAMES")) {
      return ops.withoutExchange();
    }
    return name().endsWith("REFUSED") ? ops.refusingExchange() : ops;
  }

  /// Makes the old palace and what is to replace it.
  PalacePaths make(Path parent) throws IOException {
    Path palace = Files.createDirectories(parent.resolve(NAME));
    fill(palace, "the old", "old-segment");
    if (isOfEntries()) {
      Files.writeString(palace.resolve("config.json"), "{}");
      Files.writeString(palace.resolve("chroma.sqlite3-wal"), "rows of the old database");
      Files.createDirectories(palace.resolve(".palace/ops"));
    }
    var paths = PalacePaths.of(palace, RUN);
    fill(replacement(paths), "new", "new-segment");
    if (isOfEntries()) {
      Files.createDirectories(paths.snapshot().resolve("palace"));
    }
    return paths;
  }

  Path replacement(PalacePaths paths) {
    return name().startsWith("SNAPSHOT")
        ? paths.ops().resolve("snapshots").resolve(EARLIER.value()).resolve("palace")
        : paths.build();
  }

  /// Makes the change and gives its journal.
  MoveJournal run(PalacePaths paths, FileOps ops) throws IOException {
    var purpose = MoveJournal.Purpose.migrate();
    if (!isOfEntries()) {
      return PalaceSwap.on(ops).publish(replacement(paths), paths, OCCASION, purpose).journal();
    }
    Path kept = paths.snapshot().resolve("palace");
    return EntrySwap.on(ops)
        .publish(
            paths,
            OCCASION,
            purpose,
            List.of(
                in(paths, "chroma.sqlite3"), in(paths, "new-segment"), in(paths, "needs.jsonl")),
            List.of(
                new EntrySwap.Outgoing("old-segment", kept.resolve("old-segment")),
                new EntrySwap.Outgoing("chroma.sqlite3", kept.resolve("chroma.sqlite3")),
                new EntrySwap.Outgoing("needs.jsonl", kept.resolve("needs.jsonl")),
                new EntrySwap.Outgoing("chroma.sqlite3-wal", kept.resolve("chroma.sqlite3-wal"))));
  }

  private static EntrySwap.Incoming in(PalacePaths paths, String name) {
    return new EntrySwap.Incoming(paths.build().resolve(name), name);
  }

  /// {@return what the palace holds, apart from what is ours in it}
  static SortedMap<String, FileDigest> content(Path palace) throws IOException {
    return TreeDigest.of(palace, name -> !name.startsWith(".palace/"));
  }

  /// {@return what the palace is to hold}
  SortedMap<String, FileDigest> fresh(PalacePaths paths) throws IOException {
    var content = content(replacement(paths));
    if (isOfEntries()) {
      content.put("config.json", TreeDigest.ofFile(paths.palace().resolve("config.json")));
    }
    return content;
  }

  private static void fill(Path directory, String word, String segment) throws IOException {
    Files.createDirectories(directory.resolve(segment));
    Files.writeString(directory.resolve("chroma.sqlite3"), word + " database");
    Files.writeString(directory.resolve("needs.jsonl"), word + " list");
    Files.writeString(directory.resolve(segment).resolve("data_level0.bin"), word + " index");
  }
}
