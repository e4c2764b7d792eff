package palace.repair;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import palace.common.Progress;
import palace.common.files.FileOps;

/// A repair in a process of its own that dies at a given moment without a chance to tidy.
final class HaltedRepair {
  private static final int KILLED = 137;

  private HaltedRepair() {}

  /// Runs in the process that dies: the palace and the moment.
  public static void main(String[] arguments) throws Exception {
    Step moment = Step.valueOf(arguments[1]);
    new Repair(
            Progress.SILENT,
            FileOps.real(),
            Clock.systemUTC(),
            step -> {
              if (step == moment) {
                Runtime.getRuntime().halt(KILLED);
              }
            })
        .run(RepairRequest.of(Path.of(arguments[0]), "test"));
  }

  /// {@return whether the repair of a palace died at the moment}
  static boolean at(Step moment, Path palace) throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "--add-modules=jdk.incubator.vector",
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"),
                    HaltedRepair.class.getName(),
                    palace.toString(),
                    moment.name()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!process.waitFor(2, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      return false;
    }
    return process.exitValue() == KILLED;
  }
}
