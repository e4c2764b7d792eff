package palace.common.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PrimitivesTest {
  @TempDir Path directory;

  @Test
  void onlyPlainNamesBecomePaths() {
    for (String name :
        List.of("5b1c", "a b", "100%", "?", "#", "宮殿", ".drift", "..x", "~", "-rf")) {
      assertThat(SafePath.child(directory, name)).as(name).contains(directory.resolve(name));
    }
    for (String name :
        List.of(
            "",
            ".",
            "..",
            "/",
            "/x",
            "../x",
            "x/..",
            "a/b",
            "a\\b",
            "..\\x",
            "a\0b",
            "a\nb",
            "\u0007",
            "\u0085",
            "\ud800",
            "x".repeat(256),
            "宮".repeat(86))) {
      assertThat(SafePath.child(directory, name)).as(name).isEmpty();
    }
    assertThat(SafePath.child(directory, "x".repeat(255))).isPresent();
    assertThat(SafePath.child(directory, "宮".repeat(85))).isPresent();
  }

  @Test
  void digestsAreThoseOfThePublishedTestVectors() throws IOException {
    String abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assertThat(Sha256.of("abc".getBytes(UTF_8))).isEqualTo(abc);
    assertThat(Sha256.of(Files.writeString(directory.resolve("f"), "abc"))).isEqualTo(abc);
    byte[] million = "a".repeat(1_000_000).getBytes(UTF_8);
    assertThat(Sha256.of(Files.write(directory.resolve("m"), million)))
        .isEqualTo("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }

  @Test
  void aFileLongerThanTheLimitIsNotRead() throws IOException {
    Path file = Files.writeString(directory.resolve("f"), "12345");
    assertThat(BoundedReader.readAtMost(file, 5)).hasValue("12345".getBytes(UTF_8));
    assertThat(BoundedReader.readAtMost(file, 4)).isEmpty();
    try (var huge = new RandomAccessFile(directory.resolve("huge").toFile(), "rw")) {
      huge.setLength(1L << 40);
    }
    assertThat(BoundedReader.readAtMost(directory.resolve("huge"), 1 << 20)).isEmpty();
    assertThatThrownBy(() -> BoundedReader.readAtMost(directory, 5))
        .hasMessageContaining("regular");
  }

  @Test
  void deletingNeverFollowsALinkAndOpensReadOnlyDirectories() throws IOException {
    Path outside = Files.createDirectory(directory.resolve("outside"));
    Files.writeString(outside.resolve("kept"), "kept");
    Path tree = Files.createDirectories(directory.resolve("tree/read-only"));
    Files.createSymbolicLink(tree.resolve("link"), outside);
    Files.writeString(tree.resolve("file"), "gone");
    Files.setPosixFilePermissions(tree, PosixFilePermissions.fromString("---------"));

    TreeDelete.delete(directory.resolve("tree"));
    assertThat(directory.resolve("tree")).doesNotExist();
    assertThat(outside.resolve("kept")).hasContent("kept");

    Path link = Files.createSymbolicLink(directory.resolve("link"), outside);
    TreeDelete.delete(link);
    assertThat(Files.exists(link, NOFOLLOW_LINKS)).isFalse();
    assertThat(outside.resolve("kept")).hasContent("kept");
    TreeDelete.delete(directory.resolve("never there"));
  }

  @Test
  void renamingDoesNotReplaceAnEmptyDirectory() throws IOException {
    Path from = Files.createDirectory(directory.resolve("from"));
    Path to = Files.createDirectory(directory.resolve("to"));
    assertThatThrownBy(() -> Durable.rename(from, to))
        .isInstanceOf(FileAlreadyExistsException.class);
    Files.delete(to);
    var identity = Identity.of(from);
    Durable.rename(from, to);
    assertThat(Identity.of(to)).isEqualTo(identity).isPresent();
    assertThat(Identity.of(from)).isEmpty();
  }

  @Test
  void directoriesAreCreatedExclusivelyWithTheModeAskedFor() throws IOException {
    Path made = directory.resolve("made");
    Durable.createDirectory(made, Durable.OPEN_TO_READ);
    assertThat(Files.getPosixFilePermissions(made)).isEqualTo(Durable.OPEN_TO_READ);
    assertThatThrownBy(() -> Durable.createDirectory(made, Durable.OWNER_ONLY))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  void flushingATreePassesOverLinksAndReadOnlyFiles() throws IOException {
    Path tree = Files.createDirectories(directory.resolve("tree/deep"));
    Path file = Files.writeString(tree.resolve("f"), "x");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
    Files.createSymbolicLink(tree.resolve("dangling"), Path.of("/nowhere"));
    Durable.forceTree(directory.resolve("tree"));
    assertThatThrownBy(() -> Durable.forceFile(tree.resolve("none")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void sizesOfATreeAreAddedUpAndSaturate() throws IOException {
    Path tree = Files.createDirectory(directory.resolve("tree"));
    Files.write(tree.resolve("a"), new byte[10_000]);
    Files.createSymbolicLink(tree.resolve("link"), directory);
    assertThat(TreeSize.of(tree).apparentBytes()).isEqualTo(10_000);
    assertThat(TreeSize.of(tree).allocatedBytes()).isBetween(10_000L, 20_000L);
    assertThat(TreeSize.of(tree).files()).isEqualTo(1);
    assertThat(DiskSpace.usable(tree.resolve("not/yet/there"))).isPositive();
  }

  @Test
  void mountPointsAreKnown() throws IOException {
    assertThat(MountPoints.contains(Path.of("/proc"))).isTrue();
    assertThat(MountPoints.contains(directory.toRealPath())).isFalse();
    assertThat(MountPoints.escape("/a b\\c\td\n")).isEqualTo("/a\\040b\\134c\\011d\\012");
  }
}
