package palace.common.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;

final class TreeCopyTest {
  private static final long TERABYTE = 1L << 40;

  @TempDir Path directory;

  @Test
  void everythingThatMakesATreeIsCopied() throws IOException {
    Path source = directory.resolve("a palace? #1 100% 宮殿");
    Path inner = Files.createDirectories(source.resolve("in ner"));
    Files.writeString(source.resolve("file"), "content");
    Files.setPosixFilePermissions(
        source.resolve("file"), PosixFilePermissions.fromString("r--r-----"));
    Files.createSymbolicLink(inner.resolve("link"), Path.of("../file"));
    Files.createSymbolicLink(inner.resolve("dangling"), Path.of("/nowhere/at/all"));
    Files.createDirectory(inner.resolve("empty"));
    Files.setPosixFilePermissions(inner, PosixFilePermissions.fromString("r-xr-x--x"));
    var time = FileTime.from(Instant.parse("2020-02-03T04:05:06.123456789Z"));
    Files.setLastModifiedTime(source.resolve("file"), time);
    Files.setLastModifiedTime(inner, time);
    Files.getFileAttributeView(
            inner.resolve("link"),
            java.nio.file.attribute.BasicFileAttributeView.class,
            NOFOLLOW_LINKS)
        .setTimes(time, time, null);

    Path target = directory.resolve("copy");
    assertThat(TreeCopy.copy(source, target)).isEqualTo("content".length());

    assertThat(TreeDigest.of(target)).isEqualTo(TreeDigest.of(source));
    assertThat(Files.readSymbolicLink(target.resolve("in ner/link"))).hasToString("../file");
    assertThat(target.resolve("in ner/empty")).isDirectory();
    assertThat(Files.getPosixFilePermissions(target.resolve("file")))
        .isEqualTo(PosixFilePermissions.fromString("r--r-----"));
    assertThat(Files.getPosixFilePermissions(target.resolve("in ner")))
        .isEqualTo(PosixFilePermissions.fromString("r-xr-x--x"));
    for (String name : new String[] {"file", "in ner", "in ner/link"}) {
      assertThat(Files.getLastModifiedTime(target.resolve(name), NOFOLLOW_LINKS)).isEqualTo(time);
    }
  }

  @Test
  void aTerabyteOfHolesCostsNothing() throws IOException {
    Path source = sparse(TERABYTE, 1L << 39, "island");
    Path target = directory.resolve("copy");

    // A copy that writes holes out would fill the disk, hence the limit.
    long bytes =
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> TreeCopy.copy(source, target));

    assertThat(bytes).isLessThan(1 << 20);
    assertThat(Files.size(target)).isEqualTo(TERABYTE);
    var size = TreeSize.of(target);
    assertThat(size.apparentBytes()).isEqualTo(TERABYTE);
    assertThat(size.allocatedBytes()).isBetween(1L, 1L << 20);
    assertThat(size.files()).isEqualTo(1);
    try (var channel = FileChannel.open(target)) {
      var bytesRead = ByteBuffer.allocate(6);
      channel.read(bytesRead, 1L << 39);
      assertThat(new String(bytesRead.array(), java.nio.charset.StandardCharsets.US_ASCII))
          .isEqualTo("island");
    }
  }

  @Test
  void everyShapeOfHolesKeepsItsContent() throws IOException {
    for (long length : new long[] {0, 1, 4095, 65536, 65537, 1 << 20, (1 << 20) + 1}) {
      for (long island : new long[] {0, 1, 65535, 65536, 700_000}) {
        Path source =
            sparse(length, Math.min(island, Math.max(0, length - 6)), length < 6 ? "" : "island");
        assertSameContent(source, NativeFiles.linux());
        assertSameContent(source, Optional.empty());
        Files.delete(source);
      }
    }
  }

  private void assertSameContent(Path source, Optional<NativeFiles> calls) throws IOException {
    Path target = directory.resolve("copy");
    var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    long size = Files.size(source);
    try (var output = FileChannel.open(target, options);
        var extents = Extents.open(calls, source, size)) {
      SparseCopy.copy(source, output, size, extents);
    }
    assertThat(Files.mismatch(source, target)).isEqualTo(-1);
    assertThat(TreeSize.of(target).allocatedBytes()).isLessThanOrEqualTo(3 * 65536);
    Files.delete(target);
  }

  @Test
  void theDigestOfALongFileDependsOnItsContentAndNotOnItsHoles() throws Exception {
    Path sparse = sparse(1 << 20, 70_000, "island");
    Path dense = Files.write(directory.resolve("dense"), Files.readAllBytes(sparse));
    byte[] block = new byte[65536];
    System.arraycopy(
        "island".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, block, 70_000 - 65536, 6);
    var byHand = java.security.MessageDigest.getInstance("SHA-256");
    byHand.update(new byte[] {0, 0, 0, 0, 0, 1, 0, 0});
    String expected = "blocks:" + java.util.HexFormat.of().formatHex(byHand.digest(block));
    for (Path file : new Path[] {sparse, dense}) {
      for (var calls : List.of(NativeFiles.linux(), Optional.<NativeFiles>empty())) {
        try (var extents = Extents.open(calls, file, 1 << 20)) {
          assertThat(BlockDigest.of(file, extents, 1 << 20)).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void aTerabyteOfHolesIsDigestedInNoTime() throws IOException {
    sparse(TERABYTE, 1L << 39, "island");
    var digest = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> TreeDigest.of(directory));
    assertThat(digest.get("sparse").size()).isEqualTo(TERABYTE);
    assertThat(digest.get("sparse").sha256()).startsWith("blocks:");
  }

  @Test
  void aLongFileThatEndsWithinABlockIsDigestedToItsEnd() throws IOException {
    long length = (5L << 30) + 12_345;
    Path source = sparse(length, length - 6, "island");
    String whole = digestInTime();
    try (var file = new RandomAccessFile(source.toFile(), "rw")) {
      file.seek(length - 1);
      file.write('x');
    }
    assertThat(digestInTime()).startsWith("blocks:").isNotEqualTo(whole);
  }

  private String digestInTime() {
    return assertTimeoutPreemptively(
        Duration.ofSeconds(20), () -> TreeDigest.of(directory).get("sparse").sha256());
  }

  @Test
  void dataBetweenHolesIsCopiedWholeWhenItIsLong() throws IOException {
    Path source = directory.resolve("long");
    byte[] content = new byte[5_000_001];
    Arrays.fill(content, (byte) 7);
    Files.write(source, content);
    assertThat(TreeCopy.copy(source, directory.resolve("copy"))).isEqualTo(content.length);
    assertThat(Files.mismatch(source, directory.resolve("copy"))).isEqualTo(-1);
  }

  @Test
  void allocatedBytesAreThoseThatDuReports() throws Exception {
    Path source = sparse(1 << 24, 1 << 22, "island");
    var process = new ProcessBuilder("du", "-B1", source.toString()).start();
    String reported =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assumeTrue(process.waitFor() == 0);
    assertThat(TreeSize.of(source).allocatedBytes())
        .isEqualTo(Long.parseLong(reported.split("\\s")[0]));
  }

  @Test
  void aPipeIsRefusedByNameAndDoesNotHang() throws Exception {
    Path source = Files.createDirectory(directory.resolve("source"));
    assumeTrue(
        new ProcessBuilder("mkfifo", source.resolve("pipe").toString()).start().waitFor() == 0);
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () ->
            assertThatThrownBy(() -> TreeCopy.copy(source, directory.resolve("copy")))
                .isInstanceOf(PalaceException.Refused.class)
                .hasMessageContaining(source.resolve("pipe").toString())
                .hasMessageContaining("pipe, socket or device"));
  }

  @Test
  void aNameThatIsTakenIsNotOverwritten() throws IOException {
    Path source = Files.writeString(directory.resolve("source"), "new");
    Path target = Files.writeString(directory.resolve("target"), "old");
    assertThatThrownBy(() -> TreeCopy.copy(source, target))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(target).hasContent("old");
  }

  @Test
  void theOwnerOfTheSourceOwnsTheCopy() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")));
    Path source = Files.createDirectory(directory.resolve("source"));
    Files.writeString(source.resolve("file"), "content");
    Files.createSymbolicLink(source.resolve("link"), Path.of("file"));
    for (String name : new String[] {"file", "link", "."}) {
      Files.setAttribute(source.resolve(name), "unix:uid", 1234, NOFOLLOW_LINKS);
      Files.setAttribute(source.resolve(name), "unix:gid", 2345, NOFOLLOW_LINKS);
    }
    Path target = directory.resolve("copy");
    TreeCopy.copy(source, target);
    for (String name : new String[] {"file", "link", "."}) {
      assertThat(Files.readAttributes(target.resolve(name), "unix:uid,gid", NOFOLLOW_LINKS))
          .containsEntry("uid", 1234)
          .containsEntry("gid", 2345);
    }
  }

  @Test
  void companionsTravelWithTheirWalAndTheStoreStays() throws IOException {
    Path palace = Files.createDirectory(directory.resolve("palace"));
    Path build = Files.createDirectory(directory.resolve("build"));
    for (String name :
        new String[] {
          "chroma.sqlite3",
          "knowledge_graph.sqlite3",
          "knowledge_graph.sqlite3-wal",
          "knowledge_graph.sqlite3-shm"
        }) {
      Files.writeString(palace.resolve(name), name);
    }
    Files.createDirectories(palace.resolve(".palace"));
    Files.createDirectories(palace.resolve(".mempalace/deep"));
    Files.writeString(palace.resolve(".mempalace/deep/origin.json"), "{}");

    var carried = Companions.copy(palace, build, name -> name.startsWith("chroma.sqlite3"));

    assertThat(carried.names())
        .containsExactly(".mempalace", "knowledge_graph.sqlite3", "knowledge_graph.sqlite3-wal");
    assertThat(carried.notCarried()).isEmpty();
    assertThat(TreeDigest.of(build).keySet())
        .containsExactly(
            ".mempalace/deep/origin.json",
            "knowledge_graph.sqlite3",
            "knowledge_graph.sqlite3-wal");
    assertThat(build.resolve("knowledge_graph.sqlite3-wal"))
        .hasContent("knowledge_graph.sqlite3-wal");
  }

  private Path sparse(long length, long at, String text) throws IOException {
    Path file = directory.resolve("sparse");
    try (var access = new java.io.RandomAccessFile(file.toFile(), "rw")) {
      access.setLength(length);
      access.seek(at);
      access.writeBytes(text);
    }
    return file;
  }
}
