package palace.common.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Who holds locks on a file, from Linux's `/proc/locks`; elsewhere nothing is known. The file is
/// not opened.
///
/// A line is `1: POSIX ADVISORY WRITE 4711 08:01:131077 1073741825 1073741825`: kind, mode, what is
/// locked, process, device (hex) and inode, first and last byte (or `EOF`). A line with `->` after
/// its number is somebody who waits. The process is -1 for a lock that belongs to an open file
/// (`OFDLCK`), and 0 for one of another name space.
public final class LockTable {
  private static final Path TABLE = Path.of("/proc/locks");
  private static final int FIELDS = 8;

  private LockTable() {}

  /// A lock that is held.
  ///
  /// @param kind `FLOCK`, `POSIX` or `OFDLCK`
  /// @param exclusive whether it excludes everybody
  /// @param pid the process that took it; not positive when that cannot be told
  /// @param first the first locked byte
  /// @param last the last locked byte
  public record Held(String kind, boolean exclusive, long pid, long first, long last) {
    /// {@return whether it covers a byte}
    public boolean covers(long position) {
      return first <= position && position <= last;
    }
  }

  /// {@return the locks held on a file, none when it does not exist}
  public static List<Held> of(Path file) throws IOException {
    if (!Files.isReadable(TABLE)) {
      return List.of();
    }
    Optional<String> key = keyOf(file);
    if (key.isEmpty()) {
      return List.of();
    }
    var held = new ArrayList<Held>();
    for (String line : new String(Files.readAllBytes(TABLE), StandardCharsets.UTF_8).split("\n")) {
      String[] fields = line.strip().split(" +");
      if (fields.length == FIELDS && fields[5].equals(key.get())) {
        held.add(parse(fields));
      }
    }
    return held;
  }

  private static Held parse(String[] fields) {
    long last = fields[7].equals("EOF") ? Long.MAX_VALUE : Long.parseLong(fields[7]);
    return new Held(
        fields[1],
        fields[3].equals("WRITE"),
        Long.parseLong(fields[4]),
        Long.parseLong(fields[6]),
        last);
  }

  /// The device number is that of `stat`, taken apart as glibc's `gnu_dev_major` and
  /// `gnu_dev_minor` do it.
  private static Optional<String> keyOf(Path file) throws IOException {
    try {
      var attributes = Files.readAttributes(file, "unix:dev,ino");
      if (attributes.get("dev") instanceof Long device && attributes.get("ino") instanceof Long i) {
        long major = device >>> 8 & 0xfff | device >>> 32 & ~0xfffL;
        long minor = device & 0xff | device >>> 12 & ~0xffL;
        return Optional.of(String.format(Locale.ROOT, "%02x:%02x:%d", major, minor, i));
      }
      return Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
