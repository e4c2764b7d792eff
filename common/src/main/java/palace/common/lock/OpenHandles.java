package palace.common.lock;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import palace.common.files.Identity;
import palace.common.files.Listing;

/// The search for other processes that have the store of a palace or its knowledge graph open,
/// through Linux's `/proc`.
///
/// A file counts by its identity, so a process that sees it under another path, from a container,
/// is found as well. Not seen are processes of other users (unless we are the superuser) and those
/// of namespaces hidden from us; [Scan] says how many could not be looked into.
public final class OpenHandles {
  private static final Path PROC = Path.of("/proc");

  private OpenHandles() {}

  /// A process and a file of the palace that it has open or mapped.
  public record Handle(long pid, String command, Path file) {}

  /// What a search found.
  ///
  /// @param handles by process, then by file
  /// @param hiddenProcesses how many processes could not be looked into
  /// @param looked false where the system has no `/proc`, so that nothing is known
  public record Scan(List<Handle> handles, int hiddenProcesses, boolean looked) {}

  /// {@return who has files of this palace open, ourselves not counted} Nothing is written.
  public static Scan scan(Path palace) throws IOException {
    if (!Files.isDirectory(PROC.resolve("self").resolve("fd"))) {
      return new Scan(List.of(), 0, false);
    }
    var files = watched(palace.toRealPath());
    var handles = new ArrayList<Handle>();
    int hidden = 0;
    for (long pid : processes()) {
      try {
        for (Path file : openFiles(PROC.resolve(Long.toString(pid)), files)) {
          handles.add(new Handle(pid, commandOf(pid), file));
        }
      } catch (IOException e) {
        // A process that ended meanwhile holds nothing.
        hidden += Files.exists(PROC.resolve(Long.toString(pid))) ? 1 : 0;
      }
    }
    return new Scan(List.copyOf(handles), hidden, true);
  }

  /// The database and knowledge graph with their sidecars, and the files of every directory in the
  /// palace that is not ours.
  private static Map<Identity, Path> watched(Path palace) throws IOException {
    var files = new HashMap<Identity, Path>();
    for (Path entry : Listing.of(palace)) {
      String name = entry.getFileName().toString();
      if (name.startsWith("chroma.sqlite3") || name.startsWith("knowledge_graph.sqlite3")) {
        watch(entry, files);
      } else if (!name.startsWith(".") && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
        for (Path child : Listing.of(entry)) {
          watch(child, files);
        }
      }
    }
    return files;
  }

  private static void watch(Path file, Map<Identity, Path> files) throws IOException {
    if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      Identity.of(file).ifPresent(identity -> files.put(identity, file));
    }
  }

  private static List<Long> processes() throws IOException {
    long self = ProcessHandle.current().pid();
    try (var entries = Files.list(PROC)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> name.chars().allMatch(Character::isDigit))
          .map(Long::valueOf)
          .filter(pid -> pid != self)
          .sorted()
          .toList();
    }
  }

  private static Iterable<Path> openFiles(Path process, Map<Identity, Path> files)
      throws IOException {
    var found = new TreeMap<Path, Boolean>();
    for (Path descriptor : Listing.of(process.resolve("fd"))) {
      target(descriptor, files).ifPresent(file -> found.put(file, true));
    }
    for (Path file : mappedFiles(process, files)) {
      found.put(file, true);
    }
    return found.keySet();
  }

  private static Optional<Path> target(Path descriptor, Map<Identity, Path> files) {
    try {
      // Only descriptors of a file with a watched name are followed: asking a dead network mount
      // would wait for ever.
      Path name = Files.readSymbolicLink(descriptor).getFileName();
      boolean watched =
          name != null && files.values().stream().anyMatch(file -> file.endsWith(name));
      return watched
          ? Optional.ofNullable(
              files.get(
                  new Identity(
                      Files.readAttributes(
                              descriptor, java.nio.file.attribute.BasicFileAttributes.class)
                          .fileKey())))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /// Lines of `maps` are `range mode offset device inode path`; a file is recognised by inode and
  /// name.
  private static List<Path> mappedFiles(Path process, Map<Identity, Path> files)
      throws IOException {
    var found = new ArrayList<Path>();
    byte[] maps = Files.readAllBytes(process.resolve("maps"));
    var byInode = new HashMap<String, Path>();
    for (Path file : files.values()) {
      byInode.put(Files.getAttribute(file, "unix:ino").toString(), file);
    }
    for (String line : new String(maps, StandardCharsets.UTF_8).split("\n")) {
      String[] fields = line.split(" +", 6);
      Path file = fields.length == 6 ? byInode.get(fields[4]) : null;
      if (file != null && fields[5].contains(file.getFileName().toString())) {
        found.add(file);
      }
    }
    return found;
  }

  private static String commandOf(long pid) {
    return ProcessHandle.of(pid).flatMap(process -> process.info().commandLine()).orElse("unknown");
  }
}
