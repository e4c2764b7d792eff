package palace.common.lock;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import palace.common.files.Listing;
import palace.common.files.LockTable;
import palace.common.files.RunningProcess;

/// The search for other processes that have the store of a palace or another of its databases open,
/// through Linux's `/proc`, or the program `lsof` where there is none.
///
/// A file counts by its identity, so a process that sees it under another path, from a container,
/// is found as well. Not seen are processes of other users (unless we are the superuser) and those
/// of namespaces hidden from us; [Scan] says how many could not be looked into.
public final class OpenHandles {
  private static final Path PROC = Path.of("/proc");

  private OpenHandles() {}

  /// A process and a file of the palace that it has open, mapped or locked.
  ///
  /// @param pid the process; not positive when it holds a lock and cannot be seen from here
  /// @param command its command line, empty when it cannot be told
  /// @param file the file
  public record Handle(long pid, String command, Path file) {}

  /// What a search found.
  ///
  /// @param handles by process, then by file
  /// @param hiddenProcesses how many processes could not be looked into
  /// @param looked false where the system has neither `/proc` nor `lsof`, so that nothing is known
  public record Scan(List<Handle> handles, int hiddenProcesses, boolean looked) {}

  /// {@return who has files of this palace open, ourselves not counted} Nothing is written.
  public static Scan scan(Path palace) throws IOException {
    if (!Files.isDirectory(palace)) {
      return new Scan(List.of(), 0, true);
    }
    var watched = WatchedFiles.of(palace.toRealPath());
    if (!Files.isDirectory(PROC.resolve("self").resolve("fd"))) {
      return Lsof.scan(watched.files())
          .map(handles -> new Scan(handles, 0, true))
          .orElse(new Scan(List.of(), 0, false));
    }
    var handles = new ArrayList<Handle>();
    int hidden = 0;
    for (long pid : processes()) {
      Path process = PROC.resolve(Long.toString(pid));
      try {
        for (Path file : openFiles(process, watched)) {
          handles.add(new Handle(pid, RunningProcess.of(pid).command(), file));
        }
      } catch (IOException e) {
        // A process that ended meanwhile holds nothing, and a thread of the kernel has no command
        // line and no files.
        hidden += RunningProcess.of(pid).command().isEmpty() ? 0 : 1;
      }
    }
    for (Path file : watched.files()) {
      addHolders(file, handles);
    }
    return new Scan(List.copyOf(handles), hidden, true);
  }

  /// A process that may not be looked into betrays itself by its locks.
  private static void addHolders(Path file, List<Handle> handles) throws IOException {
    for (LockTable.Held held : LockTable.of(file)) {
      boolean ours = held.pid() == ProcessHandle.current().pid();
      boolean found =
          handles.stream()
              .anyMatch(handle ->
                  handle.file().equals(file) && (held.pid() <= 0 || handle.pid() == held.pid()));
      if (!ours && !found) {
        handles.add(new Handle(held.pid(), RunningProcess.of(held.pid()).command(), file));
      }
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

  private static SortedSet<Path> openFiles(Path process, WatchedFiles watched) throws IOException {
    var found = new TreeSet<Path>();
    for (Path descriptor : Listing.of(process.resolve("fd"))) {
      watched.opened(descriptor).ifPresent(found::add);
    }
    // Lines of `maps` are `range mode offset device inode path`, and their length is not known
    // before they are read.
    try (var maps = Files.newBufferedReader(process.resolve("maps"), ISO_8859_1)) {
      for (String line = maps.readLine(); line != null; line = maps.readLine()) {
        String[] fields = line.split(" +", 6);
        if (fields.length == 6) {
          Path link = process.resolve("map_files").resolve(fields[0]);
          watched
              .mapped(fields[4], new String(fields[5].getBytes(ISO_8859_1), UTF_8))
              .filter(file -> !watched.isAnother(file, link))
              .ifPresent(found::add);
        }
      }
    }
    return found;
  }
}
