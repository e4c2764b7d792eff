package palace.common.swap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.files.TreeCopy;
import palace.common.files.TreeDelete;

final class TreeMarkTest {
  @TempDir Path parent;
  private Path palace;
  private TreeMark mark;

  @BeforeEach
  void palace() throws IOException {
    palace = make("palace");
    mark = TreeMark.of(palace);
  }

  @Test
  void aRenamedTreeIsKnownWhateverWasWrittenIntoIt() throws IOException {
    Path renamed = Files.move(palace, parent.resolve("renamed"));
    Files.writeString(renamed.resolve("chroma.sqlite3"), "written meanwhile");
    assertThat(mark.matches(renamed)).isTrue();
    assertThat(mark.matches(palace)).isFalse();
  }

  @Test
  void aFaithfulCopyIsKnownAndTheTreeItselfIsKnownBetter() throws IOException {
    Path copy = parent.resolve("copy");
    TreeCopy.copy(palace, copy);
    assertThat(mark.match(copy)).isEqualTo(TreeMark.Match.LIKENESS);
    assertThat(mark.match(palace)).isEqualTo(TreeMark.Match.INODE);
  }

  @Test
  void sidecarsOfADatabaseMayComeAndGo() throws IOException {
    Path copy = parent.resolve("copy");
    TreeCopy.copy(palace, copy);
    Files.writeString(copy.resolve("chroma.sqlite3-wal"), "");
    assertThat(mark.matches(copy)).isTrue();
  }

  @Test
  void aCopyWithAnotherDatabaseOrOtherNamesIsForeign() throws IOException {
    Path copy = parent.resolve("copy");
    TreeCopy.copy(palace, copy);
    Path database = copy.resolve("chroma.sqlite3");
    Files.setLastModifiedTime(database, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
    assertThat(mark.matches(copy)).isFalse();
    TreeDelete.delete(copy);

    TreeCopy.copy(palace, copy);
    Files.createDirectory(copy.resolve("another-segment"));
    assertThat(mark.matches(copy)).isFalse();
  }

  @Test
  void aTreeThatInheritsTheInodeIsForeign() throws IOException {
    for (int i = 0; i < 200; i++) {
      Object number = Files.getAttribute(palace, "unix:ino");
      // A time of birth that equals the time of modification tells nothing.
      Files.setLastModifiedTime(palace, FileTime.from(Instant.parse("2030-01-01T00:00:00Z")));
      mark = TreeMark.of(palace);
      TreeDelete.delete(palace);
      Files.createDirectory(palace);
      if (number.equals(Files.getAttribute(palace, "unix:ino"))) {
        Files.writeString(palace.resolve("somebody's"), "file");
        assertThat(mark.born()).isNotEmpty();
        assertThat(mark.matches(palace)).isFalse();
        return;
      }
      TreeDelete.delete(palace);
      palace = make("palace");
    }
    org.junit.jupiter.api.Assumptions.abort("cannot run here: inode numbers are not reused");
  }

  @Test
  void aFileIsKnownByItsInodeOrBySizeAndTime() throws IOException {
    Path file = palace.resolve("chroma.sqlite3");
    var known = TreeMark.of(file);
    Path copy = parent.resolve("copy");
    TreeCopy.copy(file, copy);
    assertThat(known.matches(copy)).isTrue();
    Files.writeString(copy, "xbc");
    assertThat(known.matches(copy)).isFalse();
    Files.writeString(file, "longer than before");
    assertThat(known.matches(file)).isTrue();
    assertThat(known.matches(parent.resolve("nothing"))).isFalse();
    assertThat(known.matches(file.resolve("below a file"))).isFalse();
  }

  @Test
  void anEntryOfAnotherKindIsForeign() throws IOException {
    Path link = Files.createSymbolicLink(parent.resolve("link"), palace);
    assertThat(mark.matches(link)).isFalse();
    assertThat(TreeMark.of(link).matches(link)).isTrue();
  }

  private Path make(String name) throws IOException {
    Path directory = Files.createDirectory(parent.resolve(name));
    Files.createDirectory(directory.resolve("segment"));
    Files.writeString(directory.resolve("chroma.sqlite3"), "abc");
    return directory;
  }
}
