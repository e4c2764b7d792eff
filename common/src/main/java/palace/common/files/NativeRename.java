package palace.common.files;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;

/// The call that lets two names change places in one step, which Java has no word for.
///
/// Linux: `renameat2(AT_FDCWD, left, AT_FDCWD, right, RENAME_EXCHANGE)` (rename(2); glibc 2.28).
/// macOS: `renamex_np(left, right, RENAME_SWAP)` (rename(2) of macOS 10.12; APFS only).
final class NativeRename {
  private static final int CURRENT_DIRECTORY = -100;
  private static final int EXCHANGE = 2; // RENAME_EXCHANGE and RENAME_SWAP alike
  private static final int NO_ENTRY = 2;
  private static final int ACCESS_DENIED = 13;
  private static final int CROSS_DEVICE = 18;
  private static final int LONGEST_TEXT_BYTES = 1024;

  /// EINVAL, ENOSYS and EOPNOTSUPP of Linux.
  private static final Set<Integer> UNSUPPORTED_ON_LINUX = Set.of(22, 38, 95);

  /// EINVAL, ENOTSUP, ENOSYS and EOPNOTSUPP of macOS.
  private static final Set<Integer> UNSUPPORTED_ON_MAC = Set.of(22, 45, 78, 102);

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final Optional<NativeRename> SYSTEM = link(System.getProperty("os.name", ""));

  private final MethodHandle rename;
  private final MethodHandle text;
  private final boolean mac;

  private NativeRename(Linker linker, boolean mac) {
    this.mac = mac;
    var signature =
        mac
            ? FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT)
            : FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT);
    rename =
        linker.downcallHandle(
            linker.defaultLookup().find(mac ? "renamex_np" : "renameat2").orElseThrow(),
            signature,
            Linker.Option.captureCallState("errno"));
    text =
        linker.downcallHandle(
            linker.defaultLookup().find("strerror").orElseThrow(),
            FunctionDescriptor.of(ADDRESS, JAVA_INT));
  }

  /// {@return the call, or empty on a system without it}
  static Optional<NativeRename> system() {
    return SYSTEM;
  }

  /// Lets two names of one file system change places and gives true, or gives false, with nothing
  /// changed, when the kernel or the file system has no such step.
  boolean exchange(Path left, Path right) throws IOException {
    try (var arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      if (call(state, arena.allocateFrom(absolute(left)), arena.allocateFrom(absolute(right)))
          == 0) {
        return true;
      }
      int errno = (int) ERRNO.get(state, 0L);
      if ((mac ? UNSUPPORTED_ON_MAC : UNSUPPORTED_ON_LINUX).contains(errno)) {
        return false;
      }
      throw failure(errno, left.toString(), right.toString());
    }
  }

  private static String absolute(Path path) {
    return path.toAbsolutePath().toString();
  }

  private int call(MemorySegment state, MemorySegment left, MemorySegment right) {
    try {
      return mac
          ? (int) rename.invokeExact(state, left, right, EXCHANGE)
          : (int)
              rename.invokeExact(
                  state, CURRENT_DIRECTORY, left, CURRENT_DIRECTORY, right, EXCHANGE);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private FileSystemException failure(int errno, String left, String right) {
    return switch (errno) {
      case CROSS_DEVICE -> new AtomicMoveNotSupportedException(left, right, text(errno));
      case NO_ENTRY -> new NoSuchFileException(left, right, text(errno));
      case ACCESS_DENIED -> new AccessDeniedException(left, right, text(errno));
      default -> new FileSystemException(left, right, text(errno));
    };
  }

  private String text(int errno) {
    try {
      var found = (MemorySegment) text.invokeExact(errno);
      return found.reinterpret(LONGEST_TEXT_BYTES).getString(0);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static Optional<NativeRename> link(String system) {
    boolean mac = system.startsWith("Mac");
    if (!mac && !system.equals("Linux")) {
      return Optional.empty();
    }
    try {
      return Optional.of(new NativeRename(Linker.nativeLinker(), mac));
    } catch (NoSuchElementException | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }

  private static IllegalStateException unexpected(Throwable cause) {
    return new IllegalStateException("a call into the C library failed", cause);
  }
}
