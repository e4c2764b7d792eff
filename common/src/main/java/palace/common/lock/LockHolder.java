package palace.common.lock;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import palace.common.files.RunningProcess;

/// Who holds a palace: another run of ours, by the body of the lock file, `{"pid": N, "host": NAME,
/// "command": TEXT, "since": TIME}`, or a MemPalace.
///
/// @param pid the process, or -1 when the body cannot be understood
/// @param host the machine it runs on
/// @param command the command it runs
/// @param since when it took the lock, as text
public record LockHolder(long pid, String host, String command, String since) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

  static LockHolder self(String command, Instant since) throws IOException {
    return new LockHolder(ProcessHandle.current().pid(), hostName(), command, since.toString());
  }

  static LockHolder of(RunningProcess process) {
    try {
      return new LockHolder(process.pid(), hostName(), process.command(), "unknown");
    } catch (IOException e) {
      return new LockHolder(process.pid(), "unknown", process.command(), "unknown");
    }
  }

  static LockHolder parse(String body) {
    try {
      var root = JSON.readTree(body);
      return new LockHolder(
          root.path("pid").asLong(-1),
          root.path("host").asText("unknown"),
          root.path("command").asText("unknown"),
          root.path("since").asText("unknown"));
    } catch (JsonProcessingException e) {
      return new LockHolder(-1, "unknown", "unknown", "unknown");
    }
  }

  String toJson() throws IOException {
    return JSON.writeValueAsString(this);
  }

  private static String hostName() throws IOException {
    if (Files.isReadable(HOST_NAME)) {
      return Files.readString(HOST_NAME).strip();
    }
    String name = System.getenv("COMPUTERNAME");
    return name == null ? "unknown" : name;
  }
}
