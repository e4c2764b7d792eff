package palace.common.lock;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import palace.common.files.Sha256;
import palace.common.swap.PalacePaths;

/// By what MemPalace names its lock and its notes of a palace: the first digits of the SHA-256, in
/// hex, of the palace's path in UTF-8, as Python's `normcase(realpath(path))` spells it.
///
/// Python keeps what was typed where a file system ignores case or the form of accents, and Java
/// may not; so every spelling that may be meant gives a key.
final class PalaceKey {
  private PalaceKey() {}

  /// {@return the first digits of the digests of all spellings, in order}
  static SortedSet<String> of(Path palace, int digits) throws IOException {
    var keys = new TreeSet<String>();
    for (String spelling : spellings(palace, System.getProperty("os.name", ""))) {
      keys.add(Sha256.of(spelling.getBytes(StandardCharsets.UTF_8)).substring(0, digits));
    }
    return keys;
  }

  static SortedSet<String> spellings(Path palace, String system) throws IOException {
    var spellings = new TreeSet<String>();
    Path typed = palace.toAbsolutePath().normalize();
    for (Path path : new Path[] {typed, real(typed)}) {
      if (system.startsWith("Windows")) {
        spellings.add(path.toString().replace('/', '\\').toLowerCase(Locale.ROOT));
      } else if (system.startsWith("Mac")) {
        spellings.add(Normalizer.normalize(path.toString(), Normalizer.Form.NFC));
        spellings.add(Normalizer.normalize(path.toString(), Normalizer.Form.NFD));
      } else {
        spellings.add(path.toString());
      }
    }
    return spellings;
  }

  /// The palace itself may be missing, as in the middle of an interrupted swap.
  private static Path real(Path typed) throws IOException {
    return typed.getParent() == null ? typed : PalacePaths.realPath(typed);
  }
}
