package palace.common.restore;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.files.FileDigest;
import palace.common.files.FileOps;
import palace.common.files.Identity;
import palace.common.files.Listing;
import palace.common.files.TreeDigest;
import palace.common.snapshot.SnapshotEntry;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.PalaceLayout;
import palace.common.swap.Seal;

/// Settles by the directory listing alone an exchange of a palace's entries whose journal is lost.
///
/// The order of such an exchange decides. While the palace has no database, the last one known is
/// the old one, in the only snapshot without a description that has one; it goes back. While the
/// tree that was to come in still has the database that its description names, the palace's own is
/// the old one. Directories that had come in return to that tree. Any other state is one that only
/// the journal could tell, and is not touched.
final class LostEntries {
  private static final String DATABASE = PalaceLayout.DATABASE;

  private final FileOps ops;
  private final Path palace;
  private final Path opsFolder;
  private final SnapshotStore store;
  private final Ledger ledger;

  LostEntries(FileOps ops, Path palace, Path opsFolder, Ledger ledger) {
    this.ops = ops;
    this.palace = palace;
    this.opsFolder = opsFolder;
    this.ledger = ledger;
    store = new SnapshotStore(ops, opsFolder);
  }

  /// A tree from which entries were to come into the palace.
  ///
  /// @param database its database
  /// @param segments where its segments are
  /// @param described its files, by their names below one of the two
  /// @param disposable whether it is a build, which would be deleted
  private record Source(
      Path database, Path segments, Map<String, FileDigest> described, boolean disposable) {}

  /// {@return whether the palace has no database and one snapshot without a description holds it}
  static boolean canPutBack(Path palace, Path snapshot) throws IOException {
    return Identity.of(palace.resolve(DATABASE)).isEmpty() && holder(snapshot).isPresent();
  }

  void settle() throws IOException {
    List<Path> undescribed = undescribed();
    if (undescribed.isEmpty()) {
      return;
    }
    boolean back = Identity.of(palace.resolve(DATABASE)).isEmpty() && putBack(undescribed);
    boolean open = back || undescribedWithoutDatabase(undescribed);
    if (open && Identity.of(palace.resolve(DATABASE)).isPresent()) {
      for (Source source : sources(undescribed)) {
        settle(source);
      }
    }
  }

  private List<Path> undescribed() throws IOException {
    var folders = new ArrayList<Path>();
    for (SnapshotEntry entry : store.list()) {
      Path folder = entry.directory();
      boolean described = Identity.of(folder.resolve("snapshot.json")).isPresent();
      if (!described && !store.isUnfinished(new RunId(nameOf(folder)))) {
        folders.add(folder);
      }
    }
    return folders;
  }

  private static boolean undescribedWithoutDatabase(List<Path> folders) throws IOException {
    for (Path folder : folders) {
      if (holder(folder).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /// {@return the directory in a snapshot's folder in which a database is}
  private static Optional<Path> holder(Path folder) throws IOException {
    for (Path place : List.of(folder.resolve("palace"), folder)) {
      if (Identity.of(place.resolve(DATABASE)).isPresent()) {
        return Optional.of(place);
      }
    }
    return Optional.empty();
  }

  private boolean putBack(List<Path> undescribed) throws IOException {
    var holders = new ArrayList<Path>();
    for (Path folder : undescribed) {
      holder(folder).ifPresent(holders::add);
    }
    if (holders.size() > 1) {
      throw personNeeded(
          "%s has no %s, and each of %s may hold the last one"
              .formatted(palace, DATABASE, holders));
    }
    if (holders.isEmpty()) {
      return false;
    }
    Path holder = holders.getFirst();
    moveBack(holder);
    Path folder = holder.endsWith("palace") ? holder.getParent() : holder;
    ledger.settled(
        new RunId(nameOf(Objects.requireNonNull(folder))),
        "back",
        "the palace had no database, so the one that had been moved to %s was put back"
            .formatted(holder));
    return true;
  }

  /// The database last: as long as it is missing, an interrupted recovery is taken up again.
  private void moveBack(Path holder) throws IOException {
    for (Path entry : Listing.of(holder)) {
      if (nameOf(entry).startsWith(DATABASE + "-")) {
        move(entry, palace.resolve(nameOf(entry)));
      }
    }
    move(holder.resolve(DATABASE), palace.resolve(DATABASE));
  }

  private List<Source> sources(List<Path> undescribed) throws IOException {
    var sources = new ArrayList<Source>();
    for (Path folder : undescribed) {
      var run = new RunId(nameOf(folder));
      for (Path build : builds(run)) {
        Optional<Seal> seal = Seal.read(build).filter(it -> it.origin().run().equals(run.value()));
        if (Identity.of(build.resolve(DATABASE)).isPresent()) {
          var files = seal.map(Seal::files).orElseGet(TreeMap::new);
          sources.add(new Source(build.resolve(DATABASE), build, files, true));
        }
      }
    }
    for (SnapshotEntry entry : store.list()) {
      if (entry instanceof SnapshotEntry.Kept kept) {
        Optional<Path> tree = holder(kept.directory());
        if (tree.isPresent()) {
          sources.add(source(kept, tree.get()));
        }
      }
    }
    return sources;
  }

  private List<Path> builds(RunId run) throws IOException {
    var builds = new ArrayList<Path>();
    Surroundings.of(palace, opsFolder)
        .builds()
        .forEach((path, owner) -> {
          if (owner.equals(run)) {
            builds.add(path);
          }
        });
    return builds;
  }

  private static Source source(SnapshotEntry.Kept kept, Path tree) {
    boolean whole = tree.endsWith("palace");
    String prefix = whole ? "palace/" : "segments/";
    var files = new TreeMap<String, FileDigest>();
    kept.snapshot()
        .files()
        .forEach((name, digest) ->
            files.put(name.startsWith(prefix) ? name.substring(prefix.length()) : name, digest));
    return new Source(
        tree.resolve(DATABASE), whole ? tree : tree.resolve("segments"), files, false);
  }

  private void settle(Source source) throws IOException {
    FileDigest described = source.described().get(DATABASE);
    if (TreeDigest.ofFile(source.database()).equals(described)) {
      takeOut(source);
    } else if (source.disposable()
        || TreeDigest.ofFile(palace.resolve(DATABASE)).equals(described)) {
      throw personNeeded(
          "entries of %s were changing places with others, %s is not the database that belongs there, and the journal is lost"
              .formatted(palace, source.database()));
    }
  }

  private void takeOut(Source source) throws IOException {
    for (String name : directories(source)) {
      Path from = palace.resolve(name);
      Path to = source.segments().resolve(name);
      if (Identity.of(to).isEmpty() && isAll(from, name, source)) {
        move(from, to);
        ledger.did("%s went back to %s".formatted(from, source.segments()));
      }
    }
  }

  private static List<String> directories(Source source) {
    return source.described().keySet().stream()
        .filter(name -> name.contains("/"))
        .map(name -> name.substring(0, name.indexOf('/')))
        .filter(PalaceLayout::isSegmentName)
        .distinct()
        .toList();
  }

  private static boolean isAll(Path directory, String name, Source source) throws IOException {
    if (!Files.isDirectory(directory, NOFOLLOW_LINKS)) {
      return false;
    }
    var expected = new TreeMap<String, FileDigest>();
    source
        .described()
        .forEach((file, digest) -> {
          if (file.startsWith(name + "/")) {
            expected.put(file.substring(name.length() + 1), digest);
          }
        });
    return TreeDigest.of(directory).equals(expected);
  }

  private void move(Path from, Path to) throws IOException {
    if (Identity.of(to).isPresent()) {
      throw personNeeded("%s belongs at %s, where something else is".formatted(from, to));
    }
    ops.rename(from, to);
    ops.force(Objects.requireNonNull(to.getParent()));
    ops.force(Objects.requireNonNull(from.getParent()));
  }

  private PalaceException.PersonNeeded personNeeded(String reason) {
    return new PalaceException.PersonNeeded(
        reason + "; nothing else was changed",
        "move the entries of the palace back together, then run palace doctor",
        new FileSystemException(palace.toString(), null, "no journal"));
  }

  private static String nameOf(Path path) {
    return path.getFileName().toString();
  }
}
