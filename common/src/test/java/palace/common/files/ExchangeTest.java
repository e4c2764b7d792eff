package palace.common.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExchangeTest {
  @TempDir Path parent;
  private final FileOps ops = FileOps.real();

  @BeforeEach
  void onlyWhereThereIsSuchAStep() {
    assumeTrue(ops.mayExchange(), "cannot run here: no exchange");
  }

  @Test
  void twoDirectoriesChangePlaces() throws IOException {
    Path left = make("left 宮殿", "one");
    Path right = make("right", "other");
    assertThat(ops.exchange(left, right)).isTrue();
    assertThat(left.resolve("file")).hasContent("other");
    assertThat(right.resolve("file")).hasContent("one");
  }

  @Test
  void aFileAndADirectoryChangePlaces() throws IOException {
    Path left = make("left", "one");
    Path right = Files.writeString(parent.resolve("right"), "file");
    assertThat(ops.exchange(left, right)).isTrue();
    assertThat(left).hasContent("file");
    assertThat(right.resolve("file")).hasContent("one");
  }

  @Test
  void aMissingNameIsAnErrorThatNamesBoth() throws IOException {
    Path left = make("left", "one");
    assertThatThrownBy(() -> ops.exchange(left, parent.resolve("nothing")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("left")
        .hasMessageContaining("nothing");
    assertThat(left.resolve("file")).hasContent("one");
  }

  @Test
  void anotherFileSystemIsAnErrorOfItsOwn() throws IOException {
    Path memory = Path.of("/dev/shm");
    assumeTrue(
        Files.isDirectory(memory)
            && !Files.getFileStore(memory).equals(Files.getFileStore(parent)));
    Path left = make("left", "one");
    Path other = Files.createTempDirectory(memory, "palace-exchange-");
    try {
      assertThatThrownBy(() -> ops.exchange(left, other))
          .isInstanceOf(AtomicMoveNotSupportedException.class)
          .hasMessageContaining("cross-device");
    } finally {
      Files.delete(other);
    }
  }

  @Test
  void anErrorOfTheSystemIsSaidInItsWords() throws IOException {
    Path inner = Files.createDirectory(make("left", "one").resolve("inner"));
    // A directory cannot go into itself: EINVAL, which a system without the step gives too.
    assertThat(ops.exchange(parent.resolve("left"), inner)).isFalse();
    assertThatThrownBy(() -> ops.exchange(Path.of("/proc/self"), Path.of("/proc/self/status")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void aLinkIsASecondNameOfTheSameFile() throws IOException {
    Path file = Files.writeString(parent.resolve("file"), "abc");
    ops.link(file, parent.resolve("second"));
    assertThat(Identity.of(parent.resolve("second"))).isEqualTo(Identity.of(file));
    assertThatThrownBy(() -> ops.link(file, parent.resolve("second")))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  private Path make(String name, String content) throws IOException {
    Path directory = Files.createDirectory(parent.resolve(name));
    Files.writeString(directory.resolve("file"), content);
    return directory;
  }
}
