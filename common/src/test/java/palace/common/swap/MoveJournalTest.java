package palace.common.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.files.FileOps;
import palace.common.swap.MoveJournal.Pending;
import palace.common.swap.MoveJournal.Unreadable;

final class MoveJournalTest {
  private static final String MARK =
      "{\"inode\": \"1:2\", \"born\": \"\", \"likeness\": \"file \"}";

  @TempDir Path parent;
  private PalacePaths paths;

  @BeforeEach
  void palace() throws IOException {
    Path palace = Files.createDirectory(parent.toRealPath().resolve("my palace #1 宮殿"));
    Files.writeString(palace.resolve("chroma.sqlite3"), "abc");
    paths = PalacePaths.of(palace, CrashScenario.RUN);
    Files.createDirectory(paths.build());
  }

  @Test
  void whatWasWrittenIsRead() throws IOException {
    var mark = TreeMark.of(paths.palace());
    List<Move> moves =
        List.of(
            new Move.Rename(paths.build(), paths.aside(), TreeMark.of(paths.build())),
            new Move.Exchange(paths.palace(), paths.aside(), mark, mark),
            new Move.Rename(
                paths.palace().resolve("a segment"), paths.snapshot().resolve("x/y"), mark));
    var notes = new TreeMap<String, String>();
    notes.put("changeCounter", "17");
    var purpose = MoveJournal.Purpose.repair(notes);
    var written = MoveJournal.write(FileOps.real(), paths, CrashScenario.OCCASION, purpose, moves);

    assertThat(MoveJournal.pending(paths.ops())).containsExactly(new Pending(written));
    assertThat(written.file().getFileName()).hasToString("journal-20261121T034700Z-1a2b3c.json");
    assertThat(written.purpose().notes()).containsEntry("changeCounter", "17");

    written.remove();
    written.remove();
    assertThat(MoveJournal.pending(paths.ops())).isEmpty();
  }

  @Test
  void aRestoreNamesWhatItPutsBack() throws IOException {
    var purpose = MoveJournal.Purpose.restore(CrashScenario.EARLIER);
    MoveJournal.write(FileOps.real(), paths, CrashScenario.OCCASION, purpose, List.of());
    assertThat(MoveJournal.pending(paths.ops()))
        .singleElement()
        .isInstanceOfSatisfying(
            Pending.class, found -> assertThat(found.journal().purpose()).isEqualTo(purpose));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "..",
        "../other",
        "/etc/passwd",
        "",
        "other",
        "my palace #1 宮殿/../other",
        "my palace #1 宮殿//x",
        "my palace #1 宮殿.evil",
        "my palace #1 宮殿.build-x",
        "my palace #1 宮殿.ops/a\\\\b"
      })
  void aPathThatIsNotThePalacesIsNotFollowed(String path) throws IOException {
    write(
        "[{\"move\": \"rename\", \"from\": \"%s\", \"to\": \"%s\", \"moved\": %s}]"
            .formatted(path, "my palace #1 宮殿", MARK));
    assertUnreadable();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{\"move\": \"delete\"}]",
        "[{}]",
        "[1]",
        "[",
        "[{\"move\": \"rename\"}]",
        "[{\"move\": \"rename\", \"from\": \"my palace #1 宮殿\", \"to\": \"my palace #1 宮殿.ops\"}]"
      })
  void whatIsNotUnderstoodIsNotGuessed(String moves) throws IOException {
    write(moves);
    assertUnreadable();
  }

  @Test
  void damagedBytesAreAReasonAndNoError() throws IOException {
    Path file = write("[]");
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length - 1; length++) {
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      assertUnreadable();
    }
    var random = new java.util.Random(1);
    for (int i = 0; i < 2000; i++) {
      byte[] flipped = whole.clone();
      flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, flipped);
      assertThat(MoveJournal.pending(paths.ops())).hasSize(1);
    }
    Files.move(file, file.resolveSibling("journal-20261121T034701Z-1a2b3c.json"));
    assertUnreadable();
  }

  @Test
  void aPathOutsideIsNotJournaled() throws IOException {
    var mark = TreeMark.of(paths.palace());
    List<Move> moves = List.of(new Move.Rename(parent.resolve("other"), paths.palace(), mark));
    var purpose = MoveJournal.Purpose.migrate();
    assertThatThrownBy(
            () -> MoveJournal.write(FileOps.real(), paths, CrashScenario.OCCASION, purpose, moves))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(paths.ops()).doesNotExist();
  }

  @Test
  void whatIsLeftOfAJournalThatWasNeverFinishedIsNamed() throws IOException {
    Files.createDirectory(paths.ops());
    Path left =
        Files.createFile(paths.ops().resolve(".journal-20261121T034700Z-1a2b3c.json.5b1c.tmp"));
    Files.createFile(paths.ops().resolve("lock"));
    assertThat(MoveJournal.unfinished(paths.ops())).containsExactly(left);
    assertThat(MoveJournal.pending(paths.ops())).isEmpty();
    assertThat(MoveJournal.pending(parent.resolve("nothing.ops"))).isEmpty();
  }

  private Path write(String moves) throws IOException {
    Files.createDirectories(paths.ops());
    String text =
        """
        {"formatVersion": 1, "run": "%s", "command": "migrate", "created": "2026-11-21T03:47:00Z",
         "toolVersion": "0.1.0", "operation": "migrate", "moves": %s}
        """
            .formatted(CrashScenario.RUN, moves);
    return Files.writeString(paths.ops().resolve("journal-" + CrashScenario.RUN + ".json"), text);
  }

  private void assertUnreadable() throws IOException {
    assertThat(MoveJournal.pending(paths.ops())).hasSize(1).hasOnlyElementsOfType(Unreadable.class);
  }
}
