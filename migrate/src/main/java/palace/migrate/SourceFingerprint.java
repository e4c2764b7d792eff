package palace.migrate;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import palace.common.PalaceException;
import palace.common.files.Companions;
import palace.common.files.Identity;
import palace.common.files.Listing;
import palace.common.files.LiveFiles;
import palace.common.store.PalaceLayout;

/// By what a palace that changed is told from one that did not: the change counter in the header of
/// its database (a big-endian u32 at offset 24 that SQLite raises with every commit), and identity,
/// size and time of every entry below it.
///
/// Of a database that this process holds, where nobody else can write, the counter is not read: the
/// file must not be opened by its path. Of the databases among the companions only the identity
/// counts, because whoever writes to them goes on writing into the same files after the exchange.
///
/// @param changeCounter the counter; -1 when the file is shorter than a header or is held
/// @param entries what is known of each entry, by its relative name
record SourceFingerprint(long changeCounter, Map<String, Entry> entries) {
  private static final int COUNTER_OFFSET = 24;

  /// One file, link or directory. A directory's own time is left out: SQLite's journal comes and
  /// goes in it without changing anything.
  record Entry(Optional<Identity> identity, long size, long modified) {}

  static SourceFingerprint of(Path palace) throws IOException {
    var entries = new TreeMap<String, Entry>();
    collect(palace, palace, entries);
    return new SourceFingerprint(counterOf(palace.resolve(PalaceLayout.DATABASE)), entries);
  }

  private static long counterOf(Path database) throws IOException {
    if (LiveFiles.isOpen(database)) {
      return -1;
    }
    var counter = ByteBuffer.allocate(Integer.BYTES);
    try (var channel = FileChannel.open(database, StandardOpenOption.READ)) {
      channel.read(counter, COUNTER_OFFSET);
    }
    return counter.hasRemaining() ? -1 : Integer.toUnsignedLong(counter.getInt(0));
  }

  private static void collect(Path root, Path directory, Map<String, Entry> entries)
      throws IOException {
    for (Path child : Listing.of(directory)) {
      String name = root.relativize(child).toString();
      if (Companions.databaseOf(name).isPresent()) {
        continue;
      }
      var attributes =
          Files.readAttributes(child, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (attributes.isDirectory()) {
        entries.put(name, new Entry(Identity.of(child), 0, 0));
        if (!name.equals(".palace")) {
          collect(root, child, entries);
        }
      } else if (Companions.isDatabase(name)) {
        entries.put(name, new Entry(Identity.of(child), 0, 0));
      } else if (!comesAndGoes(name, attributes.size())) {
        long modified = attributes.lastModifiedTime().toMillis();
        entries.put(name, new Entry(Identity.of(child), attributes.size(), modified));
      }
    }
  }

  /// What SQLite makes for every connection, ours as well, and removes with the last.
  private static boolean comesAndGoes(String name, long size) {
    return name.endsWith("-shm") || name.endsWith("-wal") && size == 0;
  }

  /// {@return the name of something that is not the same in another fingerprint}
  Optional<String> differsFrom(SourceFingerprint other) {
    if (changeCounter != other.changeCounter) {
      return Optional.of(PalaceLayout.DATABASE);
    }
    var names = new TreeMap<>(entries);
    names.putAll(other.entries);
    return names.keySet().stream()
        .filter(name -> !same(entries.get(name), other.entries.get(name)))
        .findFirst();
  }

  static PalaceException changed(Path palace, String name) {
    return new PalaceException.Failed(
        "%s changed while it was being migrated: %s; nothing was changed".formatted(palace, name),
        "stop whatever writes to it and try again");
  }

  private static boolean same(
      @org.jspecify.annotations.Nullable Entry left,
      @org.jspecify.annotations.Nullable Entry right) {
    return left != null && left.equals(right);
  }
}
