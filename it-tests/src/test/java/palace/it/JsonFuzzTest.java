package palace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;
import palace.common.chroma.ConfigurationText;
import palace.common.chroma.IndexConfiguration;
import palace.common.chroma.QueueMetadata;
import palace.common.chroma.SchemaLevel;
import palace.common.chroma.StatedConfiguration;
import palace.common.history.History;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.NeedsEmbedding;
import palace.common.swap.Move;
import palace.common.swap.MoveJournal;
import palace.common.swap.Seal;

/// Whatever stands where JSON is expected, in rows of the database and in our own files, is an
/// answer of its reader.
final class JsonFuzzTest {
  private static final String CONFIGURATION =
      ConfigurationText.configuration(
          new SchemaLevel(9, 5, 2), IndexConfiguration.DEFAULT, Optional.empty());
  private static final String SCHEMA =
      ConfigurationText.schema(IndexConfiguration.DEFAULT, Optional.empty(), Optional.empty());
  private static final String QUEUE =
      """
      {"chroma:document":"text","wing":"w","n":1,"x":1.5,"flag":true,"gone":null,"list":["a","b"],"big":12345678901234567890,"nan":NaN}\
      """;
  private static final String RUN = "20261121T034700Z-1a2b3c";
  private static final String SEAL =
      """
      {"formatVersion":1,"run":"RUN","toolVersion":"1","created":"2026-11-21T03:47:00Z","sourceRelease":"0.6","targetRelease":"1.5",
       "collections":{"a":{"drawers":3,"contentDigest":"00"}},"files":{"chroma.sqlite3":{"size":5,"sha256":"00"}},"notCarried":["x"]}\
      """
          .replace("RUN", RUN);
  private static final String SNAPSHOT =
      """
      {"formatVersion":1,"id":"RUN","scope":"db","command":"repair","created":"2026-11-21T03:47:00Z","toolVersion":"1","bytes":5,
       "files":{"chroma.sqlite3":{"size":5,"sha256":"00"}},"restored":"RUN","release":"1.5",
       "collections":{"a":{"drawers":3,"contentDigest":"00"}},"segments":{"id":"mark"}}\
      """
          .replace("RUN", RUN);
  private static final String JOURNAL =
      """
      {"formatVersion":1,"run":"RUN","command":"migrate","created":"2026-11-21T03:47:00Z","toolVersion":"1","operation":"migrate",
       "restored":"RUN","notes":{"a":"b"},"moves":[{"move":"rename","from":"palace/a","to":"palace.ops/b",
       "moved":{"inode":"1","born":"2","likeness":"3"}}]}\
      """
          .replace("RUN", RUN);
  private static final String HISTORY =
      """
      {"time":"2026-11-21T03:47:00Z","run":"RUN","command":"doctor","outcome":"done","exitCode":0,"version":"1","summary":{"a":{"b":[1,2]}}}
      {"time":"2026-11-21T03:47:00Z","run":"RUN","command":"doctor","outcome":"done","exitCode":0,"version":"1"}
      """
          .replace("RUN", RUN);
  private static final String LISTED =
      """
      {"collection":"c","id":"a","document":"text","metadata":{"n":1,"x":1.5,"flag":true,"list":["a","b"],"big":12345678901234567890}}
      {"collection":"tenant/database/c","id":"b","document":null,"metadata":{}}
      """;

  private static final List<String> VALUES =
      List.of(
          "null",
          "NaN",
          "-Infinity",
          "1e999999999",
          "-1",
          "9223372036854775808",
          "[]",
          "{}",
          "\"../../etc/passwd\"",
          "\"/etc/passwd\"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"\"",
          "[[[[]]]]",
          "true",
          "0.1",
          "\"palace/../../x\"",
          "\"palace.ops/../x\"");

  private static final Pattern VALUE =
      Pattern.compile("(?<=[:\\[,]\\s?)(\"[^\"]*\"|[\\w.+-]+|\\{|\\[)");

  @TempDir private Path temp;

  @Test
  void metadataOfAQueueRowIsAnAnswer() throws Exception {
    run(
        "queue metadata",
        QUEUE,
        text ->
            switch (QueueMetadata.parse(Optional.of(text))) {
              case QueueMetadata.Changes changes -> "changes";
              case QueueMetadata.Broken broken -> "broken";
            });
  }

  @Test
  void theConfigurationOfACollectionIsAnAnswer() throws Exception {
    run(
        "configuration",
        CONFIGURATION,
        text -> word(StatedConfiguration.ofConfiguration(Optional.of(text))));
  }

  @Test
  void theSchemaOfACollectionIsAnAnswerAndCanBeRestated() throws Exception {
    run(
        "schema",
        SCHEMA,
        text -> {
          var stated = StatedConfiguration.ofSchema(Optional.of(text));
          String restated =
              ConfigurationText.schema(
                  IndexConfiguration.DEFAULT, Optional.empty(), Optional.of(text));
          assertThat(StatedConfiguration.ofSchema(Optional.of(restated)))
              .isInstanceOf(StatedConfiguration.Stated.class);
          return word(stated);
        });
  }

  @Test
  void aSealIsAnAnswer() throws Exception {
    Path file = temp.resolve(Seal.NAME);
    Files.createDirectories(file.getParent());
    run(
        "seal",
        SEAL,
        text -> {
          write(file, text);
          return Seal.read(temp).isPresent() ? "seal" : "none";
        });
  }

  @Test
  void aSnapshotsDescriptionIsAnAnswer() throws Exception {
    Path folder = temp.resolve("palace.ops/snapshots").resolve(RUN);
    Files.createDirectories(folder);
    run(
        "snapshot.json",
        SNAPSHOT,
        text -> {
          write(folder.resolve("snapshot.json"), text);
          return SnapshotStore.in(temp.resolve("palace.ops")).list().getFirst()
                  instanceof SnapshotEntry.Kept
              ? "kept"
              : "damaged";
        });
  }

  @Test
  void aJournalIsAnAnswerAndNamesNothingOutside() throws Exception {
    Path ops = Files.createDirectory(temp.resolve("palace.ops"));
    run(
        "journal",
        JOURNAL,
        text -> {
          write(ops.resolve("journal-" + RUN + ".json"), text);
          return switch (MoveJournal.pending(ops).getFirst()) {
            case MoveJournal.Pending(MoveJournal journal) -> {
              journal.moves().forEach(this::requireInside);
              yield "pending";
            }
            case MoveJournal.Unreadable unreadable -> "unreadable";
          };
        });
  }

  @Test
  void aHistoryIsAnAnswer() throws Exception {
    run(
        "history",
        HISTORY,
        text -> {
          write(temp.resolve("history.jsonl"), text);
          var reading = History.in(temp).read();
          return reading.unreadableLines() > 0 ? "some lines unreadable" : "readable";
        });
  }

  @Test
  void aListOfDrawersThatNeedAVectorIsAnAnswer() throws Exception {
    Path file = temp.resolve("needs-embedding.jsonl");
    run(
        "needs-embedding",
        LISTED,
        text -> {
          byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
          if (bytes.length > 0 && text.length() % 8 == 0) {
            bytes[bytes.length / 2] |= (byte) 0x80;
          }
          Files.write(file, bytes);
          var understood = new AtomicInteger();
          try {
            NeedsEmbedding.each(
                file, line -> understood.addAndGet(line.drawer().isPresent() ? 1 : 0));
          } catch (PalaceException.Refused e) {
            assertThat(e.getMessage()).contains(file.toString());
            return "refused";
          }
          return understood + " understood";
        });
  }

  private void requireInside(Move move) {
    List<Path> paths =
        switch (move) {
          case Move.Rename rename -> List.of(rename.from(), rename.to());
          case Move.Exchange exchange -> List.of(exchange.left(), exchange.right());
        };
    for (Path path : paths) {
      assertThat(path).isEqualTo(path.normalize());
      assertThat(temp.relativize(path).toString()).startsWith("palace");
    }
  }

  /// Reads one text.
  @FunctionalInterface
  private interface Reader {
    String read(String text) throws IOException;
  }

  private static void run(String name, String sound, Reader reader) throws Exception {
    new Campaign(name, 1500, Duration.ofSeconds(10), 24 << 20)
        .run(random -> reader.read(hostile(sound, random)));
  }

  private static void write(Path file, String text) throws IOException {
    Files.write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  private static String word(StatedConfiguration stated) {
    return stated.getClass().getSimpleName();
  }

  private static String hostile(String sound, Random random) {
    return switch (random.nextInt(40)) {
      case 0 -> "[".repeat(random.nextInt(200_000));
      case 1 -> "{\"a\":".repeat(random.nextInt(200_000));
      case 2 -> inPlace(sound, "\"" + "x".repeat(random.nextInt(1 << 20)) + "\"", random);
      case 3 -> inPlace(sound, "9".repeat(1 + random.nextInt(100_000)), random);
      case 4 -> inPlace(sound, "[".repeat(990) + "]".repeat(990), random);
      case 5, 6, 7, 8, 9, 10 ->
          new String(
              Mutation.of(sound.getBytes(StandardCharsets.UTF_8), random), StandardCharsets.UTF_8);
      default -> inPlace(sound, VALUES.get(random.nextInt(VALUES.size())), random);
    };
  }

  /// Puts a value where another one stands, or another key in a key's place.
  private static String inPlace(String sound, String value, Random random) {
    List<MatchResult> values = VALUE.matcher(sound).results().toList();
    var chosen = values.get(random.nextInt(values.size()));
    String rest = sound.substring(chosen.end());
    if (chosen.group().equals("{") || chosen.group().equals("[")) {
      rest = rest.substring(closing(rest, chosen.group().charAt(0)));
    }
    return sound.substring(0, chosen.start()) + value + rest;
  }

  private static int closing(String rest, char opening) {
    char end = opening == '{' ? '}' : ']';
    int depth = 1;
    for (int i = 0; i < rest.length(); i++) {
      depth += rest.charAt(i) == opening ? 1 : rest.charAt(i) == end ? -1 : 0;
      if (depth == 0) {
        return i + 1;
      }
    }
    return rest.length();
  }
}
