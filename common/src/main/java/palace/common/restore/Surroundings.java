package palace.common.restore;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import palace.common.RunId;
import palace.common.files.Listing;

/// What lies beside and in a palace under names that only runs of this tool give. Names that
/// resemble them but carry no run id are somebody else's and not in here.
///
/// @param asides `aside-I`, by run, the newest first
/// @param builds `build-I` and `incoming-I`, by path
/// @param work what else only a living run needs: work folders inside the palace, copies of the
///   database that never took its name, files that were being replaced
record Surroundings(
    SortedMap<String, Path> asides, SortedMap<Path, RunId> builds, List<Path> work) {
  private static final String RUN = "(\\d{8}T\\d{6}Z-[0-9a-f]{6})";
  private static final Pattern ASIDE = Pattern.compile("aside-" + RUN);
  private static final Pattern BUILD = Pattern.compile("(?:build|incoming)-" + RUN);
  private static final Pattern REPAIR = Pattern.compile("repair-" + RUN);
  private static final Pattern INCOMING =
      Pattern.compile("\\.chroma\\.sqlite3(\\.incoming|-" + RUN + ")");
  private static final Pattern TEMPORARY = Pattern.compile("\\..+\\.[0-9a-f-]{36}\\.tmp");

  static Surroundings of(Path palace, Path ops) throws IOException {
    var found =
        new Surroundings(
            new TreeMap<>(Collections.reverseOrder()), new TreeMap<>(), new ArrayList<>());
    String prefix = palace.getFileName() + ".";
    for (Path sibling : list(Objects.requireNonNull(palace.getParent()))) {
      String name = nameOf(sibling);
      if (name.startsWith(prefix)) {
        found.sort(sibling, name.substring(prefix.length()));
      }
    }
    found.inside(palace);
    found.temporaries(ops);
    for (Path snapshot : list(ops.resolve("snapshots"))) {
      found.temporaries(snapshot);
    }
    return found;
  }

  private void inside(Path palace) throws IOException {
    for (Path entry : list(palace)) {
      if (INCOMING.matcher(nameOf(entry)).matches()) {
        work.add(entry);
      }
    }
    Path folder = palace.resolve(".palace");
    for (Path entry : list(folder)) {
      sort(entry, nameOf(entry));
      if (REPAIR.matcher(nameOf(entry)).matches()) {
        work.add(entry);
      }
    }
    temporaries(folder);
  }

  private void sort(Path entry, String name) {
    var aside = ASIDE.matcher(name);
    var build = BUILD.matcher(name);
    if (aside.matches()) {
      asides.put(aside.group(1), entry);
    } else if (build.matches()) {
      builds.put(entry, new RunId(build.group(1)));
    }
  }

  private void temporaries(Path folder) throws IOException {
    for (Path entry : list(folder)) {
      if (TEMPORARY.matcher(nameOf(entry)).matches()
          && Files.isRegularFile(entry, NOFOLLOW_LINKS)) {
        work.add(entry);
      }
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    return Files.isDirectory(folder, NOFOLLOW_LINKS) && Files.isReadable(folder)
        ? Listing.of(folder)
        : List.of();
  }

  private static String nameOf(Path path) {
    return path.getFileName().toString();
  }
}
