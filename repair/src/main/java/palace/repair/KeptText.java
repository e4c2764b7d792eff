package palace.repair;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import palace.common.files.AppendOnlyFile;
import palace.common.files.FileOps;
import palace.common.files.LineFile;
import palace.common.store.Drawer;
import palace.common.store.NeedsEmbedding;

/// The text of the drawers that leave their collection because their vector exists nowhere, written
/// into the working folder of a repair behind what earlier runs kept. It gets its place when the
/// repair is finished.
final class KeptText {
  private final FileOps ops;
  private final Path place;
  private final Path file;

  KeptText(FileOps ops, Path palace, Path workFolder) {
    this.ops = ops;
    place = palace.resolve(NeedsEmbedding.NAME);
    file = workFolder.resolve(Objects.requireNonNull(place.getFileName()));
  }

  /// {@return where the text stands once the repair is finished}
  Path place() {
    return place;
  }

  /// {@return whether there is a list}
  boolean isPresent() {
    return Files.exists(current(), LinkOption.NOFOLLOW_LINKS);
  }

  /// {@return whether the list is another one once the repair is finished}
  boolean isChanged() {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }

  private Path current() {
    return isChanged() ? file : place;
  }

  /// {@return whether any line of the list is one of those}
  boolean holds(Predicate<NeedsEmbedding.Line> any) throws IOException {
    boolean[] found = {false};
    NeedsEmbedding.each(current(), line -> found[0] |= any.test(line));
    return found[0];
  }

  /// Leaves lines out; durable when it returns. A list without lines is removed in the end.
  void drop(Predicate<NeedsEmbedding.Line> dropped) throws IOException {
    Path shorter = file.resolveSibling(file.getFileName() + ".new");
    try (LineFile lines = LineFile.create(shorter)) {
      NeedsEmbedding.each(
          current(),
          line -> {
            if (!dropped.test(line)) {
              lines.append(line.text());
            }
          });
    }
    ops.force(shorter);
    ops.rename(shorter, file);
    ops.force(Objects.requireNonNull(file.getParent()));
  }

  /// Adds a batch of drawers behind what is there; durable when it returns. What earlier runs kept
  /// is copied once, with the first batch.
  void add(String collection, List<Drawer> drawers) throws IOException {
    if (!isChanged() && isPresent()) {
      if (!Files.isRegularFile(place, LinkOption.NOFOLLOW_LINKS)) {
        throw new FileSystemException(
            place.toString(), null, "a link, a directory or a special file stands there");
      }
      drop(line -> false);
    }
    AppendOnlyFile.append(
        file, drawers.stream().map(drawer -> NeedsEmbedding.line(collection, drawer)).toList());
  }
}
