package palace.migrate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.ChromaRelease;
import palace.common.chroma.SourceDatabase;

/// A migration in a process of its own, which can be killed or confined as this one cannot.
final class SeparateMigration {
  /// What the process prints when its palace was migrated.
  static final String DONE = "done";

  /// A limit that no file reaches.
  static final long UNLIMITED = Long.MAX_VALUE;

  private SeparateMigration() {}

  /// Something that is done whenever a migration says how far it is; the moments are counted from
  /// 0.
  @FunctionalInterface
  interface Moment {
    /// Does it; the palace's path is not known here.
    void at(int number) throws IOException;
  }

  /// {@return a progress that turns every beginning and every advance of a piece of work into a
  /// moment}
  static Progress moments(Moment moment) {
    int[] next = new int[1];
    Runnable tell =
        () -> {
          try {
            moment.at(next[0]++);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    return (task, total, unit) -> {
      tell.run();
      return done -> tell.run();
    };
  }

  static MigrationRequest request(Path palace) {
    MigrationRequest usual = MigrationRequest.of(palace, ChromaRelease.NEWEST, "0-test");
    return new MigrationRequest(
        palace,
        usual.release(),
        usual.targetDirectory(),
        false,
        false,
        false,
        20,
        usual.patience(),
        "0-test");
  }

  /// Runs in the process: the palace, the moment at which the process kills itself, -1 for never,
  /// and the length that the system lets no file exceed.
  public static void main(String[] arguments) throws Exception {
    int last = Integer.parseInt(arguments[1]);
    if (Long.parseLong(arguments[2]) < UNLIMITED) {
      limit(Path.of(arguments[0]), arguments[2]);
    }
    Progress progress =
        moments(number -> {
          if (number == last) {
            kill();
          }
        });
    try {
      new PalaceMigrator(progress).migrate(request(Path.of(arguments[0])));
      System.out.println(DONE);
    } catch (PalaceException e) {
      System.out.println(e.exitCode() + " " + e.getMessage());
    }
  }

  /// The library of SQLite, which is longer than the limit may be, is unpacked before.
  private static void limit(Path palace, String length) throws Exception {
    try (var source = SourceDatabase.open(palace.resolve("chroma.sqlite3"))) {
      source.database().schema().level();
    }
    String self = String.valueOf(ProcessHandle.current().pid());
    new ProcessBuilder("prlimit", "--pid", self, "--fsize=" + length).start().waitFor();
  }

  private static void kill() throws IOException {
    String self = String.valueOf(ProcessHandle.current().pid());
    try {
      new ProcessBuilder("kill", "-KILL", self).start().waitFor();
      Thread.sleep(60_000);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /// Starts it.
  ///
  /// @param last the moment at which it kills itself
  /// @param limit the length that no file may exceed
  static ProcessBuilder of(Path palace, int last, long limit, String... options) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-XX:+UseSerialGC",
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of(options));
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            SeparateMigration.class.getName(),
            palace.toString(),
            String.valueOf(last),
            String.valueOf(limit)));
    return new ProcessBuilder(command).redirectErrorStream(true);
  }
}
