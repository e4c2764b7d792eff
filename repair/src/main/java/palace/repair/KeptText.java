package palace.repair;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import palace.common.files.AtomicFile;
import palace.common.files.FileOps;
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

  /// Adds drawers behind what is there; durable when it returns.
  void add(String collection, List<Drawer> drawers) throws IOException {
    var content = new ByteArrayOutputStream();
    for (Path before : List.of(file, place)) {
      if (content.size() == 0 && Files.exists(before, LinkOption.NOFOLLOW_LINKS)) {
        content.writeBytes(Files.readAllBytes(before));
      }
    }
    for (Drawer drawer : drawers) {
      content.writeBytes(
          (NeedsEmbedding.line(collection, drawer) + "\n").getBytes(StandardCharsets.UTF_8));
    }
    AtomicFile.write(ops, file, content.toByteArray());
  }
}
