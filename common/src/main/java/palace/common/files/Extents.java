package palace.common.files;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/// Where one file has data. Where the system cannot say, the whole file counts as data and [#known]
/// is false.
///
/// It holds a descriptor until it is closed.
final class Extents implements AutoCloseable {
  private final Optional<NativeFiles> calls;
  private final int descriptor;
  private final long end;
  private boolean known;

  private Extents(Optional<NativeFiles> calls, int descriptor, long end) {
    this.calls = calls;
    this.descriptor = descriptor;
    this.end = end;
    this.known = calls.isPresent();
  }

  /// Opens the map of a file that is `end` bytes long.
  static Extents open(Path file, long end) {
    return open(NativeFiles.linux(), file, end);
  }

  /// As [#open(Path, long)] with given calls; none stand for a system that cannot tell holes.
  static Extents open(Optional<NativeFiles> calls, Path file, long end) {
    int descriptor = calls.map(linux -> linux.open(file)).orElse(-1);
    return new Extents(descriptor < 0 ? Optional.empty() : calls, descriptor, end);
  }

  /// {@return whether holes can be told from data}
  boolean known() {
    return known;
  }

  /// {@return the first byte at or after `from` that is data; the file's length when there is none}
  long nextData(long from) {
    return answer(calls.map(linux -> linux.nextData(descriptor, from, end)), from);
  }

  /// {@return where the data that starts at `from` ends}
  long nextHole(long from) {
    return answer(calls.map(linux -> linux.nextHole(descriptor, from, end)), end);
  }

  private long answer(Optional<OptionalLong> found, long otherwise) {
    if (found.isPresent() && found.get().isPresent()) {
      return found.get().getAsLong();
    }
    known = false;
    return otherwise;
  }

  @Override
  public void close() {
    calls.ifPresent(linux -> linux.close(descriptor));
  }
}
