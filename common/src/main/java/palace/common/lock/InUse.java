package palace.common.lock;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;
import palace.common.PalaceException;
import palace.common.files.RunningProcess;

/// The sentences with which a palace that cannot be changed now is refused: who is in the way, and
/// how it is stopped.
final class InUse {
  private static final String DATABASE = "chroma.sqlite3";
  private static final int MOST_NAMED = 5;
  private static final String OR_WAIT = ", or let this command wait with --wait SECONDS";

  private InUse() {}

  static PalaceException.Busy byRun(Path palace, LockHolder holder) {
    return new PalaceException.Busy(
        "%s is in use by process %d on %s (%s, since %s); nothing was changed"
            .formatted(palace, holder.pid(), holder.host(), holder.command(), holder.since()),
        "wait for it" + OR_WAIT);
  }

  static PalaceException.Busy byMempalace(Path palace, RunningProcess holder) {
    String who = holder.pid() > 0 ? holder.toString() : "a process that cannot be seen from here";
    return new PalaceException.Busy(
        "%s is in use by MemPalace: %s holds its lock; nothing was changed".formatted(palace, who),
        howToStop(holder.pid()) + OR_WAIT);
  }

  static PalaceException.Busy byHandles(Path palace, List<OpenHandles.Handle> handles) {
    var files = new LinkedHashMap<String, List<String>>();
    for (OpenHandles.Handle handle : handles) {
      files
          .computeIfAbsent(name(handle), process -> new ArrayList<>())
          .add(handle.file().getFileName().toString());
    }
    String who =
        files.entrySet().stream()
            .limit(MOST_NAMED)
            .map(entry -> entry.getKey() + ": " + summary(entry.getValue()))
            .collect(Collectors.joining("; "));
    String more =
        files.size() > MOST_NAMED ? " and %d more".formatted(files.size() - MOST_NAMED) : "";
    return new PalaceException.Busy(
        "%s is open in %s%s; nothing was changed".formatted(palace, who, more),
        howToStop(handles.getFirst().pid()) + OR_WAIT);
  }

  static PalaceException.Refused bySigns(Path palace, List<String> signs) {
    return new PalaceException.Refused(
        "%s may be in use: %s; nothing was changed".formatted(palace, String.join("; ", signs)),
        "stop what is noted there; if it has ended, delete the note, or go on with --force");
  }

  static PalaceException.Refused noFolder(Path palace, Path folder, IOException cause) {
    String why =
        cause instanceof AccessDeniedException
            ? "permission denied"
            : cause instanceof FileSystemException said && said.getReason() != null
                ? said.getReason()
                : cause.toString();
    return new PalaceException.Refused(
        "cannot write to %s, where the lock, the journal and the snapshots of %s are kept: %s; nothing was changed"
            .formatted(folder, palace, why),
        "run palace as the owner of the palace, on a file system that can be written and has locks",
        cause);
  }

  private static String name(OpenHandles.Handle handle) {
    return handle.pid() > 0
        ? new RunningProcess(handle.pid(), handle.command()).toString()
        : "a process that cannot be seen from here";
  }

  private static String summary(List<String> files) {
    String first = files.contains(DATABASE) ? DATABASE : files.getFirst();
    return files.size() == 1 ? first : "%s and %d more".formatted(first, files.size() - 1);
  }

  private static String howToStop(long pid) {
    return pid > 0
        ? "stop it (kill %d, or close the AI client or terminal that started it)".formatted(pid)
        : "stop it where it runs";
  }
}
