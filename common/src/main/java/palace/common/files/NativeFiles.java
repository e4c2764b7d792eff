package palace.common.files;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/// The calls of Linux that Java has no word for: where a file has data, where it has holes, how
/// much of the disk it occupies, and letting two files share their blocks.
///
/// `statx` and not `stat`, because its structure is the same on every processor: `stx_blocks`, a
/// u64 counting 512-byte units, stands at byte 48 of 256 (linux/stat.h).
final class NativeFiles {
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;
  private static final int NO_DATA_BEYOND = 6; // ENXIO
  private static final int OPEN_READ_CLOSE_ON_EXEC = 0x80000;
  private static final int OPEN_WRITE_CLOSE_ON_EXEC = 0x80001;
  private static final long SHARE_BLOCKS = 0x40049409L; // FICLONE, linux/fs.h
  private static final int CURRENT_DIRECTORY = -100;
  private static final int DO_NOT_FOLLOW = 0x100;
  private static final int WANT_BLOCKS = 0x400;
  private static final int STATX_BYTES = 256;
  private static final int BLOCKS_OFFSET = 48;
  private static final int BLOCK_BYTES = 512;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(java.lang.foreign.MemoryLayout.PathElement.groupElement("errno"));
  private static final Optional<NativeFiles> LINUX = link();

  private final MethodHandle open;
  private final MethodHandle close;
  private final MethodHandle seek;
  private final MethodHandle statx;
  private final MethodHandle control;

  private NativeFiles(Linker linker) {
    open = bind(linker, "open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    close = bind(linker, "close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    seek =
        linker.downcallHandle(
            linker.defaultLookup().find("lseek").orElseThrow(),
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT),
            Linker.Option.captureCallState("errno"));
    statx =
        bind(
            linker,
            "statx",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
    control =
        linker.downcallHandle(
            linker.defaultLookup().find("ioctl").orElseThrow(),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT),
            Linker.Option.firstVariadicArg(2));
  }

  /// {@return the calls, or empty where this is not a 64-bit Linux that has them}
  static Optional<NativeFiles> linux() {
    return LINUX;
  }

  /// {@return a descriptor for reading, or a negative number}
  int open(Path file) {
    return open(file, OPEN_READ_CLOSE_ON_EXEC);
  }

  /// Lets an existing empty file share all blocks of another one until either is written to, or
  /// gives false, with nothing changed, where the file system cannot.
  boolean shareBlocks(Path source, Path target) {
    int from = open(source);
    int to = open(target, OPEN_WRITE_CLOSE_ON_EXEC);
    try {
      return from >= 0 && to >= 0 && (int) control.invokeExact(to, SHARE_BLOCKS, from) == 0;
    } catch (Throwable e) {
      throw unexpected(e);
    } finally {
      closeIfOpen(from);
      closeIfOpen(to);
    }
  }

  private void closeIfOpen(int descriptor) {
    if (descriptor >= 0) {
      close(descriptor);
    }
  }

  private int open(Path file, int flags) {
    try (var arena = Arena.ofConfined()) {
      return (int) open.invokeExact(arena.allocateFrom(file.toString()), flags);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /// Gives a descriptor back.
  void close(int descriptor) {
    try {
      int ignored = (int) close.invokeExact(descriptor);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /// {@return the first byte at or after `from` that is data, `end` when there is none, empty when
  /// the file system cannot say}
  OptionalLong nextData(int descriptor, long from, long end) {
    return seek(descriptor, from, SEEK_DATA, end);
  }

  /// {@return the first byte at or after `from` that is in a hole, the end of the file counting as
  /// one}
  OptionalLong nextHole(int descriptor, long from, long end) {
    return seek(descriptor, from, SEEK_HOLE, end);
  }

  /// {@return the bytes of disk that an entry occupies; a link is not followed; empty when the call
  /// fails}
  OptionalLong allocatedBytes(Path entry) {
    try (var arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(STATX_BYTES, Long.BYTES);
      MemorySegment name = arena.allocateFrom(entry.toAbsolutePath().toString());
      int result =
          (int) statx.invokeExact(CURRENT_DIRECTORY, name, DO_NOT_FOLLOW, WANT_BLOCKS, answer);
      return result == 0
          ? OptionalLong.of(answer.get(JAVA_LONG, BLOCKS_OFFSET) * BLOCK_BYTES)
          : OptionalLong.empty();
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private OptionalLong seek(int descriptor, long from, int whence, long end) {
    try (var arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long found = (long) seek.invokeExact(state, descriptor, from, whence);
      if (found >= 0) {
        return OptionalLong.of(Math.min(found, end));
      }
      int errno = (int) ERRNO.get(state, 0L);
      return errno == NO_DATA_BEYOND ? OptionalLong.of(end) : OptionalLong.empty();
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static Optional<NativeFiles> link() {
    boolean linux = System.getProperty("os.name", "").equals("Linux");
    if (!linux || ADDRESS.byteSize() != Long.BYTES) {
      return Optional.empty();
    }
    try {
      return Optional.of(new NativeFiles(Linker.nativeLinker()));
    } catch (java.util.NoSuchElementException e) {
      return Optional.empty();
    }
  }

  private static MethodHandle bind(Linker linker, String name, FunctionDescriptor signature) {
    return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), signature);
  }

  private static IllegalStateException unexpected(Throwable cause) {
    return new IllegalStateException("a call into the C library failed", cause);
  }
}
