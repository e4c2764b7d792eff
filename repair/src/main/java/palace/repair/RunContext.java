package palace.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.ShellWord;
import palace.common.files.FileOps;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.PalacePaths;

/// What all parts of one run share.
///
/// @param palace the palace's real path
/// @param paths every name on disk that the run may use
/// @param occasion the run itself
record RunContext(
    Path palace,
    RepairRequest request,
    Progress progress,
    FileOps ops,
    Clock clock,
    Step.Watcher watcher,
    PalacePaths paths,
    Occasion occasion) {
  static RunContext begin(
      Path palace,
      RepairRequest request,
      Progress progress,
      FileOps ops,
      Clock clock,
      Step.Watcher watcher)
      throws IOException {
    Instant started = clock.instant();
    RunId run = RunId.now(clock);
    return new RunContext(
        palace,
        request,
        progress,
        ops,
        clock,
        watcher,
        PalacePaths.of(palace, run),
        new Occasion(run, "repair", started, request.toolVersion()));
  }

  /// Notes that the run has begun; by this the next run finds what this one leaves.
  MoveJournal journal(SortedMap<String, String> notes) throws IOException {
    try {
      return MoveJournal.write(ops, paths, occasion, MoveJournal.Purpose.repair(notes), List.of());
    } catch (IOException e) {
      throw new PalaceException.Refused(
          "cannot write a journal into %s: %s; nothing was changed".formatted(paths.ops(), e),
          "make room or give access there, then run it again",
          e);
    }
  }

  /// {@return how long the run has taken so far}
  Duration took() {
    return Duration.between(occasion.created(), clock.instant());
  }

  /// {@return the command that puts the palace back as it was}
  String restoreCommand() {
    return command("restore " + paths.run());
  }

  /// {@return a command for this palace}
  String command(String verb) {
    return "palace %s --palace %s".formatted(verb, ShellWord.quote(paths.palace()));
  }

  /// {@return a failure as the command ends with it; one that says so already keeps its kind}
  static PalaceException failed(Throwable cause) {
    return cause instanceof PalaceException said
        ? said
        : new PalaceException.Failed(
            "the repair failed and was undone: " + cause, "run palace doctor", cause);
  }
}
