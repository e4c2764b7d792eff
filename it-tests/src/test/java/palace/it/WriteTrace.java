package palace.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// What a program did to the names of files, as the kernel saw it; strace writes it down.
///
/// @param file the trace
record WriteTrace(Path file) {
  private static final String CALLS =
      "open,openat,openat2,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,"
          + "link,linkat,symlink,symlinkat,mknod,mknodat,truncate,chmod,fchmodat,chown,lchown,"
          + "fchownat,utimensat,setxattr";
  private static final String UNFINISHED = " <unfinished ...>";
  private static final String RESUMED = " resumed>";
  private static final Pattern OPENING = Pattern.compile("\\bopen(at2?)?\\(");
  private static final Pattern WRITING =
      Pattern.compile("O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE");

  /// {@return what stands before a program so that it is traced}
  List<String> prefix() {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "strace"))),
        "cannot run here: strace is missing");
    return List.of("strace", "-f", "-qq", "-y", "-s", "4096", "-e", CALLS, "-o", file.toString());
  }

  /// {@return the calls that changed, or tried to change, something at or below a directory}
  List<String> changesBelow(Path directory) throws IOException {
    return calls().stream()
        .filter(call -> call.contains(directory.toString()))
        .filter(WriteTrace::changes)
        .toList();
  }

  /// A call during which another thread made one stands on two lines, its flags on the first.
  private List<String> calls() throws IOException {
    var begun = new HashMap<String, String>();
    var calls = new ArrayList<String>();
    for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
      String thread = line.split(" ", 2)[0];
      int resumed = line.indexOf(RESUMED);
      if (line.endsWith(UNFINISHED)) {
        begun.put(thread, line.substring(0, line.length() - UNFINISHED.length()));
      } else if (resumed >= 0) {
        String end = line.substring(resumed + RESUMED.length());
        calls.add(Objects.requireNonNullElse(begun.remove(thread), line) + end);
      } else {
        calls.add(line);
      }
    }
    calls.addAll(begun.values());
    return calls;
  }

  private static boolean changes(String line) {
    return !OPENING.matcher(line).find() || WRITING.matcher(line).find();
  }
}
