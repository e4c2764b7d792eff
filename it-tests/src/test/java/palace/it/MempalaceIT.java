package palace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A palace that the real MemPalace mined, a tenth of its drawers and all its closets only in the
/// queue: no vector is lost on any way through, and MemPalace itself goes on working with what
/// comes out.
class MempalaceIT {
  private static final String MEMPALACE = "mempalace-3.11.0";
  private static final String JUDGE = "1.5.9";

  @TempDir static Path directory;
  private static Path mined;

  @BeforeAll
  static void mine() throws Exception {
    Oracle.assumeEnvironment(MEMPALACE);
    mined = directory.resolve("mined").resolve("palace");
    Files.createDirectories(mined.getParent());
    var answer = Oracle.script("mine_palace", mined.toString());
    assertThat(answer.exitCode()).as("%s", answer).isZero();
  }

  private static Path copy(String name) throws Exception {
    Path target = Files.createDirectory(directory.resolve(name));
    try (Stream<Path> paths = Files.walk(mined.getParent())) {
      for (Path path : paths.skip(1).toList()) {
        Files.copy(path, target.resolve(mined.getParent().relativize(path).toString()));
      }
    }
    return target.resolve("palace");
  }

  private static void judgeAndUse(Path palace) throws Exception {
    var verdict = Oracle.judge(JUDGE, palace);
    assertThat(verdict.exitCode()).as("%s", verdict).isZero();
    var use = Oracle.script("use_mempalace", palace.toString());
    assertThat(use.exitCode()).as("%s", use).isZero();
  }

  @Test
  void migrateKeepsEveryVectorOfAFreshlyMinedPalaceAndMempalaceGoesOnWithIt() throws Exception {
    Path palace = copy("migrated");

    var answer = Oracle.palace("migrate", "--yes", "--palace", palace.toString());

    assertThat(answer.exitCode()).as("%s", answer).isZero();
    judgeAndUse(palace);
  }

  @Test
  void repairKeepsEveryVectorOfAFreshlyMinedPalaceAndMempalaceGoesOnWithIt() throws Exception {
    Path palace = copy("repaired");

    var answer = Oracle.palace("repair", "--rebuild-index", "--yes", "--palace", palace.toString());

    assertThat(answer.exitCode()).as("%s", answer).isZero();
    judgeAndUse(palace);
  }

  @Test
  void aFlushedQueueIsNoDamageToMempalaceAnyMore() throws Exception {
    var answer = Oracle.script("flush", mined.toString(), "--palace-cmd", Oracle.PALACE.toString());

    assertThat(answer.exitCode()).as("%s", answer).isZero();
  }

  @Test
  void aServerThatCannotBeSeenGoesOnInTheLivePalaceAcrossMigrateAndRepair() throws Exception {
    UnseenWriterIT.assumeSuperuser();

    var answer = Oracle.script("serve_across", mined.toString(), Oracle.PALACE.toString());

    assertThat(answer.exitCode()).as("%s", answer).isZero();
  }

  @Test
  void aFreshlyMinedPalaceIsHealthy() throws Exception {
    var answer = Oracle.palace("doctor", "--palace", mined.toString());

    assertThat(answer.exitCode()).as("%s", answer).isZero();
  }

  @Test
  void anInterruptedRepairOfMempalaceIsFinishedWithEveryDrawerAndVector() throws Exception {
    Path palace = copy("interrupted");
    interrupt(palace, "--words", "Re-filed", "--batch", "1000", "--command", "repair --yes");
    var doctor = Oracle.palace("doctor", "--palace", palace.toString());
    assertThat(doctor.exitCode()).as("%s", doctor).isEqualTo(5);
    assertThat(doctor.output()).contains("interrupted `mempalace repair` left");

    var answer = Oracle.palace("repair", "--yes", "--palace", palace.toString());

    assertThat(answer.exitCode()).as("%s", answer).isZero();
    judge(palace);
  }

  @Test
  void anInterruptedRebuildOfMempalaceIsUndoneFromItsArchive() throws Exception {
    Path palace = copy("archived");
    interrupt(
        palace, "--before", "_rebuild_one_collection", "--command", "repair rebuild-index --yes");
    var status = Oracle.palace("status", "--palace", palace.toString());
    assertThat(status.exitCode()).as("%s", status).isEqualTo(3);
    assertThat(status.talk()).contains("palace repair --palace");

    var answer = Oracle.palace("repair", "--yes", "--palace", palace.toString());

    assertThat(answer.exitCode()).as("%s", answer).isZero();
    judge(palace);
  }

  private static void interrupt(Path palace, String... moment) throws Exception {
    var arguments = Stream.concat(Stream.of(palace.toString()), Stream.of(moment));
    var killed = Oracle.script("kill_mempalace", arguments.toArray(String[]::new));
    assertThat(killed.exitCode()).as("%s", killed).isZero();
  }

  private static void judge(Path palace) throws Exception {
    var verdict = Oracle.judge(JUDGE, palace, "--read-only");
    assertThat(verdict.exitCode()).as("%s", verdict).isZero();
  }
}
