package palace.common.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Which directories are mount points; those cannot be renamed.
///
/// Source: `/proc/self/mountinfo`, whose fifth field is the mount point with space, tab, newline
/// and backslash written as `\040`, `\011`, `\012`, `\134` (proc(5)). Elsewhere than on Linux the
/// answer is always no, and the rename itself fails.
public final class MountPoints {
  private static final Path TABLE = Path.of("/proc/self/mountinfo");
  private static final int POINT_FIELD = 4;

  private MountPoints() {}

  /// {@return whether something is mounted exactly at this real path}
  public static boolean contains(Path realPath) throws IOException {
    if (!Files.isReadable(TABLE)) {
      return false;
    }
    String wanted = escape(realPath.toString());
    return new String(Files.readAllBytes(TABLE), StandardCharsets.UTF_8)
        .lines()
        .map(line -> line.split(" "))
        .anyMatch(fields -> fields.length > POINT_FIELD && fields[POINT_FIELD].equals(wanted));
  }

  static String escape(String path) {
    return path.replace("\\", "\\134")
        .replace(" ", "\\040")
        .replace("\t", "\\011")
        .replace("\n", "\\012");
  }
}
