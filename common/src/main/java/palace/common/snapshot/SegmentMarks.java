package palace.common.snapshot;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import palace.common.files.Listing;
import palace.common.store.PalaceLayout;

/// Marks by which it is seen whether a segment directory was written since: the names of its files,
/// each with size and time of modification in nanoseconds, as `NAME:SIZE:TIME` with `;` between. No
/// file is opened.
public final class SegmentMarks {
  private SegmentMarks() {}

  /// {@return the mark of every segment directory of a palace, by its name}
  public static SortedMap<String, String> of(Path palace) throws IOException {
    var marks = new TreeMap<String, String>();
    for (Path entry : Listing.of(palace)) {
      String name = entry.getFileName().toString();
      if (PalaceLayout.isSegmentName(name) && Files.isDirectory(entry, NOFOLLOW_LINKS)) {
        marks.put(name, ofSegment(entry));
      }
    }
    return marks;
  }

  /// {@return the mark of one segment directory}
  public static String ofSegment(Path directory) throws IOException {
    var mark = new StringJoiner(";");
    for (Path file : Listing.of(directory)) {
      var attributes = Files.readAttributes(file, BasicFileAttributes.class, NOFOLLOW_LINKS);
      mark.add(
          "%s:%d:%d"
              .formatted(
                  file.getFileName(),
                  attributes.size(),
                  attributes.lastModifiedTime().to(java.util.concurrent.TimeUnit.NANOSECONDS)));
    }
    return mark.toString();
  }
}
