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
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.Optional;

/// `flock(2)` of Linux and macOS, for which Java has no word.
///
/// The numbers are those of Linux (asm-generic/fcntl.h, asm-generic/errno.h; the same on x86-64,
/// AArch64 and RISC-V) and of macOS (sys/fcntl.h, sys/errno.h); `LOCK_EX` and `LOCK_NB` are the
/// same on both.
final class NativeLocks {
  private static final boolean MACOS = System.getProperty("os.name", "").startsWith("Mac");
  private static final int READ_WRITE_CLOSE_ON_EXEC = 2 | (MACOS ? 0x1000000 : 0x80000);
  private static final int EXCLUSIVE_AT_ONCE = 2 | 4;
  private static final int WOULD_BLOCK = MACOS ? 35 : 11;
  private static final int INTERRUPTED = 4;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final Optional<NativeLocks> UNIX = link();

  private final MethodHandle open;
  private final MethodHandle flock;
  private final MethodHandle close;
  private final MethodHandle describe;

  private NativeLocks(Linker linker) {
    open = bind(linker, "open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    flock = bind(linker, "flock", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    close = bind(linker, "close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    describe =
        linker.downcallHandle(
            linker.defaultLookup().find("strerror").orElseThrow(),
            FunctionDescriptor.of(ADDRESS, JAVA_INT));
  }

  /// {@return the calls, or empty where the system has none}
  static Optional<NativeLocks> unix() {
    return UNIX;
  }

  /// {@return a descriptor that holds the lock, or -1 when another one does}
  int openLocked(Path file) throws IOException {
    try (var arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment name = arena.allocateFrom(file.toString());
      int descriptor = (int) open.invokeExact(state, name, READ_WRITE_CLOSE_ON_EXEC);
      if (descriptor < 0) {
        throw failure(file, errno(state));
      }
      int error = lock(state, descriptor);
      if (error != 0) {
        close(descriptor);
      }
      if (error != 0 && error != WOULD_BLOCK) {
        throw failure(file, error);
      }
      return error == 0 ? descriptor : -1;
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /// Gives a descriptor back, and with it the lock.
  void close(int descriptor) {
    try (var arena = Arena.ofConfined()) {
      int ignored = (int) close.invokeExact(arena.allocate(STATE), descriptor);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private int lock(MemorySegment state, int descriptor) throws Throwable {
    int error;
    do {
      int result = (int) flock.invokeExact(state, descriptor, EXCLUSIVE_AT_ONCE);
      error = result == 0 ? 0 : errno(state);
    } while (error == INTERRUPTED);
    return error;
  }

  private FileSystemException failure(Path file, int error) throws Throwable {
    MemorySegment text = (MemorySegment) describe.invokeExact(error);
    return new FileSystemException(
        file.toString(), null, text.reinterpret(Integer.MAX_VALUE).getString(0));
  }

  private static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }

  private static Optional<NativeLocks> link() {
    boolean unix = MACOS || System.getProperty("os.name", "").equals("Linux");
    try {
      return unix ? Optional.of(new NativeLocks(Linker.nativeLinker())) : Optional.empty();
    } catch (NoSuchElementException | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }

  private static MethodHandle bind(Linker linker, String name, FunctionDescriptor signature) {
    return linker.downcallHandle(
        linker.defaultLookup().find(name).orElseThrow(),
        signature,
        Linker.Option.captureCallState("errno"));
  }

  private static IllegalStateException unexpected(Throwable cause) {
    return new IllegalStateException("a call into the C library failed", cause);
  }
}
