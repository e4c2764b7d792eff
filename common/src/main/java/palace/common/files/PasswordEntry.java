package palace.common.files;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/// What the system's user database says of a user, wherever it is kept (`getpwuid`).
///
/// The home folder is the pointer at byte 32 of Linux's `struct passwd` (glibc and musl: name,
/// password, two 32-bit numbers, comment, home, shell) and at byte 48 of that of macOS, which has a
/// time and a class between.
public final class PasswordEntry {
  private static final boolean MACOS = System.getProperty("os.name", "").startsWith("Mac");
  private static final boolean KNOWN = MACOS || System.getProperty("os.name", "").equals("Linux");
  private static final long HOME_OFFSET = MACOS ? 48 : 32;

  private PasswordEntry() {}

  /// {@return the home folder of a user, empty when there is no such user}
  public static synchronized Optional<Path> homeOf(int uid) {
    if (!KNOWN || ADDRESS.byteSize() != Long.BYTES) {
      return Optional.empty();
    }
    try {
      Linker linker = Linker.nativeLinker();
      var entryOf =
          linker.downcallHandle(
              linker.defaultLookup().find("getpwuid").orElseThrow(),
              FunctionDescriptor.of(ADDRESS, JAVA_INT));
      MemorySegment entry = (MemorySegment) entryOf.invokeExact(uid);
      return entry.equals(MemorySegment.NULL) ? Optional.empty() : homeIn(entry);
    } catch (Throwable e) {
      throw new IllegalStateException("a call into the C library failed", e);
    }
  }

  private static Optional<Path> homeIn(MemorySegment entry) {
    MemorySegment home =
        entry.reinterpret(HOME_OFFSET + ADDRESS.byteSize()).get(ADDRESS, HOME_OFFSET);
    return home.equals(MemorySegment.NULL)
        ? Optional.empty()
        : Optional.of(Path.of(home.reinterpret(Integer.MAX_VALUE).getString(0)));
  }
}
