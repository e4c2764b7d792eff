package palace.common.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.files.Listing;

/// Two file systems made alike, each with a palace made alike: files of the same name have the same
/// inode number on both.
final class OpenHandlesTest {
  /// Maps a file without keeping it open, as Python's own `mmap` would.
  private static final String MAP =
      """
      import ctypes, os, sys
      libc = ctypes.CDLL(None, use_errno=True)
      libc.mmap.restype = ctypes.c_void_p
      libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
      file = os.open(sys.argv[1], os.O_RDONLY)
      PROT_READ, MAP_SHARED, MAP_FAILED = 1, 1, ctypes.c_void_p(-1).value
      print("failed" if libc.mmap(None, 4096, PROT_READ, MAP_SHARED, file, 0) == MAP_FAILED else "mapped")
      os.close(file)
      print("closed")
      sys.stdin.readline()
      """;

  @TempDir Path directory;
  private Path ours;
  private Path twin;

  @BeforeEach
  void twins() throws Exception {
    ours = palaceOn("ours");
    twin = palaceOn("twin");
    assumeTrue(
        inode(header(ours)) == inode(header(twin)),
        "cannot run here: file systems made alike number their files differently");
    assumeTrue(
        Files.exists(Listing.of(Path.of("/proc/self/map_files")).getFirst()),
        "cannot run here: the links of map_files may not be followed");
  }

  @AfterEach
  void unmount() throws Exception {
    for (String name : new String[] {"ours", "twin"}) {
      new ProcessBuilder("umount", directory.resolve(name).toString()).start().waitFor();
    }
  }

  private Path palaceOn(String name) throws Exception {
    Path mount = Files.createDirectory(directory.resolve(name)).toRealPath();
    assumeTrue(Files.exists(Path.of("/bin/mount")), "cannot run here: there is no mount");
    int mounted =
        new ProcessBuilder("mount", "-t", "tmpfs", "none", mount.toString()).start().waitFor();
    assumeTrue(mounted == 0, "cannot run here: only the superuser may mount");
    Path palace = Files.createDirectory(mount.resolve("palace"));
    Files.write(
        Files.createDirectory(palace.resolve("segment")).resolve("header.bin"), new byte[1]);
    return palace;
  }

  private static Path header(Path palace) {
    return palace.resolve("segment").resolve("header.bin");
  }

  private static long inode(Path file) throws IOException {
    return ((Number) Files.getAttribute(file, "unix:ino")).longValue();
  }

  @Test
  void whoHasMappedTheFileWithOurNumberOnAnotherDeviceIsNoUser() throws Exception {
    try (var other = Python.run(MAP, header(twin))) {
      assertThat(other.answer()).isEqualTo("mapped");
      assertThat(other.answer()).isEqualTo("closed");
      assertThat(OpenHandles.scan(ours).handles()).isEmpty();
      assertThat(OpenHandles.scan(twin).handles()).hasSize(1);
    }
  }

  @Test
  void whoHasMappedOurFileIsAUserThoughItIsNotOpen() throws Exception {
    try (var other = Python.run(MAP, header(ours))) {
      assertThat(other.answer()).isEqualTo("mapped");
      assertThat(other.answer()).isEqualTo("closed");
      assertThat(OpenHandles.scan(ours).handles())
          .singleElement()
          .satisfies(handle -> {
            assertThat(handle.pid()).isEqualTo(other.pid());
            assertThat(handle.file()).isEqualTo(header(ours));
          });
    }
  }

  /// The process may end between the reading of its `maps` and the look at what a line leads to.
  @Test
  void aMappingThatHasGoneIsNobodys() throws Exception {
    var watched = WatchedFiles.of(ours);

    assertThat(watched.isAnother(header(ours), Path.of("/proc/self/map_files/1-2"))).isTrue();
    assertThat(watched.isAnother(header(ours), Path.of("/proc/0/map_files/1-2"))).isTrue();
  }

  /// Without the folder of the links a line of `maps` is all that is known.
  @Test
  void aMappingThatCannotBeFollowedCounts() throws Exception {
    Path process = Files.createDirectory(directory.resolve("process"));

    assertThat(WatchedFiles.of(ours).isAnother(header(ours), process.resolve("map_files/1-2")))
        .isFalse();
  }
}
