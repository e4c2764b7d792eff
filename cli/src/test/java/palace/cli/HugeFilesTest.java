package palace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import palace.common.files.TreeCopy;
import palace.common.files.TreeSize;

/// A file of a palace that claims a terabyte costs no time, no disk and no memory, whether its end
/// holds data or is a hole.
final class HugeFilesTest {
  private static final long TERABYTE = 1L << 40;
  private static final long LONGEST_SECONDS = 60;
  private static final long MOST_MEMORY = 400L << 20;
  private static final long MOST_DISK = 64L << 20;
  private static final String SEGMENT = "649d4814-4463-4557-aa65-5bcb26289aff";
  private static final int ELEMENT_BYTES = 204;
  private static final List<String> FILES =
      List.of(
          "chroma.sqlite3",
          "chroma.sqlite3-journal",
          "chroma.sqlite3-wal",
          SEGMENT + "/header.bin",
          SEGMENT + "/data_level0.bin",
          SEGMENT + "/length.bin",
          SEGMENT + "/link_lists.bin",
          SEGMENT + "/index_metadata.pickle",
          "knowledge_graph.sqlite3",
          "knowledge_graph.sqlite3-wal",
          "mempalace_embedder.json",
          "a companion",
          ".palace/seal.json",
          "../palace.ops/history.jsonl",
          "../palace.ops/journal-20261121T034700Z-1a2b3c.json",
          "../palace.ops/snapshots/20261121T034700Z-1a2b3c/snapshot.json");

  private static final List<Arguments> USUAL =
      List.of(
          Arguments.of(SEGMENT + "/data_level0.bin", Growth.STATED),
          Arguments.of(SEGMENT + "/index_metadata.pickle", Growth.HOLE),
          Arguments.of("chroma.sqlite3-wal", Growth.HOLE),
          Arguments.of("knowledge_graph.sqlite3-wal", Growth.HOLE_AND_BYTE));

  @TempDir private Path temp;

  /// How a file becomes huge.
  enum Growth {
    /// A hole behind its bytes.
    HOLE,
    /// A hole behind its bytes, and a byte at its end.
    HOLE_AND_BYTE,
    /// As the last, and the header of the index says that all of it is elements.
    STATED
  }

  static Stream<Arguments> huge() {
    var all = new ArrayList<Arguments>();
    for (String file : FILES) {
      all.add(Arguments.of(file, Growth.HOLE));
      all.add(Arguments.of(file, Growth.HOLE_AND_BYTE));
    }
    all.add(Arguments.of(SEGMENT + "/data_level0.bin", Growth.STATED));
    return Boolean.getBoolean("palace.all") ? all.stream() : USUAL.stream();
  }

  @ParameterizedTest
  @MethodSource("huge")
  void aTerabyteCostsNothing(String name, Growth growth) throws Exception {
    Path palace = temp.resolve("home/palace");
    Files.createDirectories(palace.getParent());
    TreeCopy.copy(Path.of("..", "samples", "chroma-0.6").toRealPath(), palace);
    Path file = palace.resolve(name).normalize();
    grow(file, growth);
    long disk = TreeSize.of(temp).allocatedBytes();
    for (List<String> verb :
        List.of(
            List.of("status"),
            List.of("doctor"),
            List.of("snapshot", "create", "--scope", "full"),
            List.of("repair", "--rebuild-index", "--yes"),
            List.of("migrate", "--yes"))) {
      var arguments = new ArrayList<>(verb);
      arguments.addAll(List.of("--palace", palace.toString()));
      run(arguments);
    }
    assertThat(TreeSize.of(temp).allocatedBytes()).isLessThan(disk + MOST_DISK);
  }

  private static void grow(Path file, Growth growth) throws IOException {
    Files.createDirectories(file.getParent());
    long length = growth == Growth.STATED ? TERABYTE / ELEMENT_BYTES * ELEMENT_BYTES : TERABYTE;
    try (var huge = new RandomAccessFile(file.toFile(), "rw")) {
      huge.setLength(length);
      if (growth != Growth.HOLE) {
        huge.seek(length - 1);
        huge.write(1);
      }
    }
    if (growth == Growth.STATED) {
      try (var header = new RandomAccessFile(file.resolveSibling("header.bin").toFile(), "rw")) {
        header.seek(12);
        header.writeLong(Long.reverseBytes(length / ELEMENT_BYTES));
        header.writeLong(Long.reverseBytes(length / ELEMENT_BYTES));
      }
    }
  }

  private static void run(List<String> arguments) throws Exception {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    var worker =
        Executors.newSingleThreadExecutor(work -> {
          var thread = new Thread(work);
          thread.setDaemon(true);
          return thread;
        });
    long[] bytes = {0};
    Future<CommandRun> future =
        worker.submit(() -> {
          long before = threads.getCurrentThreadAllocatedBytes();
          CommandRun run = CommandRun.palace(arguments.toArray(String[]::new));
          bytes[0] = threads.getCurrentThreadAllocatedBytes() - before;
          return run;
        });
    CommandRun run;
    try {
      run = future.get(LONGEST_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError(arguments + " still runs", e);
    } finally {
      worker.shutdownNow();
    }
    assertThat(run.err()).as("%s", arguments).doesNotContain("should never happen", "memory left");
    assertThat(run.exitCode()).as("%s: %s", arguments, run.err()).isIn(0, 1, 3, 4, 5);
    assertThat(bytes[0]).as("%s", arguments).isLessThan(MOST_MEMORY);
  }
}
