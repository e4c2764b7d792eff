package palace.common.lock;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import palace.common.files.BoundedReader;
import palace.common.files.Listing;
import palace.common.files.RunningProcess;

/// Notes that MemPalace's long-running parts leave below a home folder's `.mempalace`: signs that
/// somebody may use a palace, not proof. A process that was killed leaves its note behind, and the
/// number in it may by now be that of another process, or of one in another container.
///
/// | file | content |
/// |---|---|
/// | `server/KEY/serverinfo.json` | `{"pid": N, "host": …, "port": …}` of the HTTP server |
/// | `daemon/KEY/pid` (`MEMPALACE_DAEMON_STATE_ROOT/KEY/pid`) | the number of the daemon |
/// | `hook_state/mine_pids/mine_*.pid` | number and start of a mine that a hook started, for whatever palace |
///
/// `KEY` is the first 24 digits of the [PalaceKey].
final class WeakSigns {
  private static final int DIGITS = 24;
  private static final int LONGEST_NOTE_BYTES = 1 << 16;
  private static final ObjectMapper JSON = new ObjectMapper();

  private WeakSigns() {}

  /// {@return one sentence for each sign}
  static List<String> of(Homes homes, Map<String, String> environment, Path palace)
      throws IOException {
    var signs = new ArrayList<String>();
    for (String key : PalaceKey.of(palace, DIGITS)) {
      for (Path note : homes.each("server/" + key + "/serverinfo.json")) {
        add(signs, note, "MemPalace server");
      }
      for (Path note : homes.each("daemon/" + key + "/pid")) {
        add(signs, note, "MemPalace daemon");
      }
      String root = environment.get("MEMPALACE_DAEMON_STATE_ROOT");
      if (root != null && !root.isEmpty()) {
        add(signs, Path.of(root).resolve(key).resolve("pid"), "MemPalace daemon");
      }
    }
    for (Path folder : homes.each("hook_state/mine_pids")) {
      addMines(signs, folder);
    }
    return signs;
  }

  private static void add(List<String> signs, Path note, String what) {
    if (!Files.exists(note)) {
      return;
    }
    try {
      long pid = pidIn(note);
      signs.add(
          RunningProcess.isAlive(pid)
              ? "%s notes a %s of this palace: %s".formatted(note, what, RunningProcess.of(pid))
              : "%s notes a %s of this palace, process %d, which does not run here"
                  .formatted(note, what, pid));
    } catch (IOException e) {
      signs.add("%s, the note of a %s of this palace, cannot be read: %s".formatted(note, what, e));
    }
  }

  /// A mine's note does not say for which palace, so only one that is running counts.
  private static void addMines(List<String> signs, Path folder) throws IOException {
    if (!Files.isDirectory(folder) || !Files.isReadable(folder)) {
      return;
    }
    for (Path note : Listing.of(folder)) {
      if (note.getFileName().toString().endsWith(".pid")) {
        addMine(signs, note);
      }
    }
  }

  private static void addMine(List<String> signs, Path note) {
    try {
      var process = RunningProcess.of(pidIn(note));
      if (RunningProcess.isAlive(process.pid()) && process.command().contains("mempalace")) {
        signs.add("%s notes a mine that a hook started: %s".formatted(note, process));
      }
    } catch (IOException e) {
      signs.add(
          "%s, the note of a mine that a hook started, cannot be read: %s".formatted(note, e));
    }
  }

  private static long pidIn(Path note) throws IOException {
    byte[] content = BoundedReader.readAtMost(note, LONGEST_NOTE_BYTES).orElse(new byte[0]);
    String text = new String(content, StandardCharsets.UTF_8).strip();
    try {
      return text.startsWith("{")
          ? JSON.readTree(text).path("pid").asLong(-1)
          : Long.parseLong(text.split(" ", 2)[0]);
    } catch (JsonProcessingException | NumberFormatException e) {
      return -1;
    }
  }
}
