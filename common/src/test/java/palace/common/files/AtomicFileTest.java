package palace.common.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AtomicFileTest {
  @TempDir Path directory;

  @Test
  void aNewFileIsForItsOwnerOnlyAndAnOldOneKeepsItsMode() throws IOException {
    Path file = directory.resolve("seal.json");
    AtomicFile.write(file, "one".getBytes(UTF_8));
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    AtomicFile.write(file, "two".getBytes(UTF_8));
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
    assertThat(file).hasContent("two");
    assertThat(Listing.of(directory)).containsExactly(file);
  }

  @Test
  void theContentIsFlushedBeforeItGetsItsNameAndTheNameAfterwards() throws IOException {
    var ops = FaultyFileOps.counting();
    AtomicFile.write(ops, directory.resolve("f"), new byte[1]);
    assertThat(ops.steps().stream().map(FaultyFileOps.Step::operation))
        .containsExactly("writeNew", "rename", "force");
  }

  @Test
  void aFailureAtAnyStepLeavesTheOldOrTheNewContentAndNoTemporaryFile() throws IOException {
    Path file = directory.resolve("f");
    for (int step = 1; step <= 3; step++) {
      Files.writeString(file, "old");
      int failing = step;
      var ops =
          new FaultyFileOps((at, real) -> {
            if (at.number() == failing) {
              throw new IOException("injected");
            }
            real.run();
          });
      assertThatThrownBy(() -> AtomicFile.write(ops, file, "new".getBytes(UTF_8)))
          .hasMessage("injected");
      assertThat(file).hasContent(step < 3 ? "old" : "new");
      assertThat(Listing.of(directory)).containsExactly(file);
    }
  }

  @Test
  void aMissingDirectoryIsAnErrorAndNothingIsCreated() throws IOException {
    Path file = directory.resolve("no such directory").resolve("f");
    assertThatThrownBy(() -> AtomicFile.write(file, new byte[1])).isInstanceOf(IOException.class);
    assertThat(Listing.of(directory)).isEmpty();
  }

  @Test
  void aLinkIsKeptAndWhatItLeadsToIsReplaced() throws IOException {
    Path file =
        Files.writeString(Files.createDirectory(directory.resolve("d")).resolve("f"), "old");
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("d/f"));
    AtomicFile.write(link, "new".getBytes(UTF_8));
    assertThat(link).isSymbolicLink().hasContent("new");
    assertThat(file).hasContent("new");
  }
}
