package palace.common.snapshot;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import palace.common.files.Listing;
import palace.common.store.PalaceLayout;

/// A snapshot seen as the palace it would become, without moving anything.
public final class SnapshotLayout {
  private SnapshotLayout() {}

  /// {@return the kept palace; one of which only the database was kept has its retired segments,
  /// and beside them those that the palace still has}
  public static PalaceLayout of(Path palace, Path folder) throws IOException {
    Path whole = folder.resolve("palace");
    if (Files.isDirectory(whole, NOFOLLOW_LINKS)) {
      return PalaceLayout.of(whole);
    }
    var segments = new TreeMap<String, Path>();
    var quarantined = new ArrayList<Path>();
    if (Files.isDirectory(palace, NOFOLLOW_LINKS)) {
      PalaceLayout now = PalaceLayout.of(palace);
      now.segmentDirectories().forEach(path -> segments.put(nameOf(path), path));
      quarantined.addAll(now.quarantined());
    }
    Path retired = folder.resolve("segments");
    if (Files.isDirectory(retired, NOFOLLOW_LINKS)) {
      Listing.of(retired).forEach(path -> segments.put(nameOf(path), path));
    }
    return new PalaceLayout(
        folder,
        folder.resolve(PalaceLayout.DATABASE),
        List.of(),
        List.copyOf(segments.values()),
        quarantined,
        List.of(),
        List.of());
  }

  private static String nameOf(Path path) {
    return path.getFileName().toString();
  }
}
