package palace.common.lock;

import java.nio.file.Path;

/// A second process for tests: takes the lock of the palace it is given, says so, and keeps it
/// until its input ends.
final class LockedElsewhere {
  private LockedElsewhere() {}

  static Process start(Path palace) throws Exception {
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                LockedElsewhere.class.getName(),
                palace.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (process.getInputStream().read() != 'L') {
      throw new IllegalStateException("the other process did not get the lock");
    }
    return process;
  }

  @SuppressWarnings("SystemOut")
  static void main(String[] arguments) throws Exception {
    try (var lock = PalaceLock.acquire(Path.of(arguments[0]), "repair")) {
      System.out.print('L');
      System.out.flush();
      while (System.in.read() >= 0) {
        assert lock != null;
      }
    }
  }
}
