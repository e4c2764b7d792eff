package palace.common.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.PalaceException;
import palace.common.files.PasswordEntry;

final class MempalaceLockTest {
  /// What MemPalace 3.11 does in `mine_palace_lock`, with the lock file's name as the first answer.
  private static final String MEMPALACE =
      """
      import fcntl, hashlib, os, sys
      home, palace = sys.argv[1:3]
      key = hashlib.sha256(os.path.normcase(os.path.realpath(palace)).encode()).hexdigest()[:16]
      path = os.path.join(home, ".mempalace", "locks", f"mine_palace_{key}.lock")
      os.makedirs(os.path.dirname(path), exist_ok=True)
      if not os.path.exists(path):
          os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
      file = open(path, "r+b")
      try:
          fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
      except BlockingIOError:
          file.seek(1)
          print("held by " + file.read().decode())
          sys.exit()
      file.seek(1)
      file.truncate(1)
      file.write(f"{os.getpid()} mempalace mine notes".encode())
      file.flush()
      print(os.path.basename(path))
      sys.stdin.readline()
      file.close()
      print("let go")
      sys.stdin.readline()
      """;

  @TempDir Path directory;
  private Path home;
  private Path palace;

  @BeforeEach
  void places() throws IOException {
    home = Files.createDirectory(directory.resolve("home"));
    palace = Files.createDirectory(directory.resolve("my palace"));
  }

  private Homes homes() throws IOException {
    return Homes.of(Map.of("HOME", home.toString()), directory.resolve("nobody"), Optional.empty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "with blanks", "Gedächtnis", "宮殿", "it's 100%#?"})
  void theLockFileIsTheOneThatPythonComputes(String name) throws Exception {
    palace = Files.createDirectory(directory.resolve(name));
    try (var mempalace = Python.run(MEMPALACE, home, palace)) {
      assertThat(MempalaceLock.files(homes(), palace))
          .singleElement()
          .isEqualTo(home.toRealPath().resolve(".mempalace/locks").resolve(mempalace.answer()));
    }
  }

  @Test
  void aPalaceBehindALinkIsLockedUnderTheNameThatPythonResolves() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link"), palace);
    try (var mempalace = Python.run(MEMPALACE, home, link)) {
      String file = mempalace.answer();
      assertThat(MempalaceLock.files(homes(), link))
          .hasSize(2)
          .anyMatch(path -> path.endsWith(file));
      assertThat(MempalaceLock.tryAcquire(homes(), link, "migrate")).isEmpty();
    }
  }

  @Test
  void whileWeHoldItMempalaceIsRefusedAndToldWhoWeAre() throws Exception {
    try (var lock = MempalaceLock.tryAcquire(homes(), palace, "migrate").orElseThrow();
        var mempalace = Python.run(MEMPALACE, home, palace)) {
      assertThat(mempalace.answer())
          .isEqualTo("held by " + ProcessHandle.current().pid() + " palace migrate");
      assertThat(lock.warnings()).isEmpty();
    }
    try (var mempalace = Python.run(MEMPALACE, home, palace)) {
      assertThat(mempalace.answer()).startsWith("mine_palace_");
    }
  }

  @Test
  void whatIsCreatedIsTheOwnersAloneAndStays() throws Exception {
    MempalaceLock.tryAcquire(homes(), palace, "migrate").orElseThrow().close();
    Path file = MempalaceLock.files(homes(), palace).getFirst();
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(Files.getPosixFilePermissions(file.getParent()))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    byte[] content = Files.readAllBytes(file);
    assertThat(content[0]).isZero();
    assertThat(new String(content, 1, content.length - 1, java.nio.charset.StandardCharsets.UTF_8))
        .isEqualTo(ProcessHandle.current().pid() + " palace migrate");
  }

  @Test
  void aMempalaceThatHoldsItIsNamedUntilItsLockIsFree() throws Exception {
    assertThat(MempalaceLock.holder(homes(), palace)).isEmpty();
    try (var mempalace = Python.run(MEMPALACE, home, palace)) {
      mempalace.answer();
      assertThat(MempalaceLock.tryAcquire(homes(), palace, "migrate")).isEmpty();
      assertThat(MempalaceLock.holder(homes(), palace))
          .hasValueSatisfying(holder -> {
            assertThat(holder.pid()).isEqualTo(mempalace.pid());
            assertThat(holder.command()).contains("python3");
          });
      mempalace.tell("let it go");
      assertThat(mempalace.answer()).isEqualTo("let go");
      assertThat(MempalaceLock.holder(homes(), palace)).isEmpty();
      MempalaceLock.tryAcquire(homes(), palace, "migrate").orElseThrow().close();
    }
  }

  @Test
  void oneLockOfSeveralThatIsHeldLeavesNoneOfTheOthersTaken() throws Exception {
    Path other = Files.createDirectories(directory.resolve("zzz").resolve(".mempalace"));
    var both = Homes.of(Map.of("HOME", home.toString()), other.getParent(), Optional.empty());
    assertThat(both.folders()).hasSize(2);
    try (var mempalace = Python.run(MEMPALACE, other.getParent(), palace)) {
      mempalace.answer();
      assertThat(MempalaceLock.tryAcquire(both, palace, "migrate")).isEmpty();
      try (var first = Python.run(MEMPALACE, home, palace)) {
        assertThat(first.answer()).startsWith("mine_palace_");
      }
    }
    MempalaceLock.tryAcquire(both, palace, "migrate").orElseThrow().close();
  }

  @Test
  void aHomeInWhichNoMempalaceEverRanDoesNotCountBesideTheOneInTheEnvironment() throws Exception {
    Path unused = Files.createDirectory(directory.resolve("unused"));
    assertThat(Homes.of(Map.of("HOME", home.toString()), unused, Optional.empty()).folders())
        .containsExactly(home.toRealPath());
    assertThat(Homes.of(Map.of(), unused, Optional.empty()).folders())
        .containsExactly(unused.toRealPath());
    Path owners = Files.createDirectory(directory.resolve("owners"));
    assertThat(Homes.of(Map.of(), unused, Optional.of(owners)).folders()).hasSize(1);
    Files.createDirectory(owners.resolve(".mempalace"));
    assertThat(Homes.of(Map.of(), unused, Optional.of(owners)).folders())
        .containsExactly(unused.toRealPath(), owners.toRealPath());
  }

  @Test
  void aHomeThatCannotHoldALockIsAWarning() throws Exception {
    Files.writeString(home.resolve(".mempalace"), "not a folder");
    try (var lock = MempalaceLock.tryAcquire(homes(), palace, "migrate").orElseThrow()) {
      assertThat(lock.warnings()).singleElement().asString().contains(".mempalace");
    }
    home = directory.resolve("missing");
    try (var lock = MempalaceLock.tryAcquire(homes(), palace, "migrate").orElseThrow()) {
      assertThat(lock.warnings()).singleElement().asString().contains("missing");
    }
    assertThat(home).doesNotExist();
  }

  @Test
  void aLinkInThePlaceOfTheLockFileIsNotWrittenThrough() throws Exception {
    Path file = MempalaceLock.files(homes(), palace).getFirst();
    Files.createDirectories(file.getParent());
    Path target = Files.writeString(directory.resolve("precious"), "content");
    Files.createSymbolicLink(file, target);
    try (var lock = MempalaceLock.tryAcquire(homes(), palace, "migrate").orElseThrow()) {
      assertThat(lock.warnings()).singleElement().asString().contains("not a regular file");
    }
    assertThat(target).hasContent("content");
  }

  @Test
  void spellingsThatOtherSystemsTakeForTheSamePathHaveTheirOwnKeys() throws Exception {
    Path accent = Files.createDirectory(directory.resolve("Gedächtnis"));
    assertThat(PalaceKey.spellings(accent, "Linux")).hasSize(1);
    assertThat(PalaceKey.spellings(accent, "Mac OS X"))
        .hasSize(2)
        .anyMatch(path -> path.endsWith("Geda\u0308chtnis"));
    assertThat(PalaceKey.spellings(accent, "Windows 11"))
        .singleElement()
        .asString()
        .endsWith("\\gedächtnis");
  }

  @Test
  void theHomeOfAUserIsTheOneInTheUserDatabase() throws Exception {
    Path root =
        Files.readAllLines(Path.of("/etc/passwd")).stream()
            .map(line -> line.split(":"))
            .filter(fields -> fields[2].equals("0"))
            .map(fields -> Path.of(fields[5]))
            .findFirst()
            .orElseThrow();
    assertThat(PasswordEntry.homeOf(0)).contains(root);
    assertThat(PasswordEntry.homeOf(1_999_999_999)).isEmpty();
  }

  @Test
  void thePalaceIsBusyWhileMempalaceHoldsItsLockAndWaitingGetsIt() throws Exception {
    Path own = Files.createDirectories(Path.of(System.getenv("HOME")));
    try (var mempalace = Python.run(MEMPALACE, own, palace)) {
      mempalace.answer();
      assertThatThrownBy(() -> PalaceLock.acquire(palace, "migrate"))
          .isInstanceOfSatisfying(
              PalaceException.Busy.class,
              e -> {
                assertThat(e)
                    .hasMessageContaining("process " + mempalace.pid())
                    .hasMessageContaining("python3");
                assertThat(e.hint()).contains("kill " + mempalace.pid()).contains("--wait");
              });
      assertThat(directory.resolve("my palace.ops")).doesNotExist();
      assertThat(PalaceLock.holder(palace).orElseThrow().pid()).isEqualTo(mempalace.pid());
      mempalace.tell("let it go");
      PalaceLock.acquire(palace, "migrate", Duration.ofSeconds(20)).close();
    }
  }

  @Test
  void aPalaceThatIsMissingCanBeLockedToo() throws Exception {
    Files.createDirectories(Path.of(System.getenv("HOME")));
    Files.delete(palace);
    try (var lock = PalaceLock.acquire(palace, "recover");
        var mempalace = Python.run(MEMPALACE, System.getenv("HOME"), palace)) {
      assertThat(mempalace.answer()).endsWith("palace recover");
      assertThat(lock.requireQuiet(false).warnings()).isEmpty();
    }
  }

  @Test
  void palacesDoNotDisturbEachOther() throws Exception {
    Files.createDirectories(Path.of(System.getenv("HOME")));
    Path other = Files.createDirectory(directory.resolve("other"));
    try (var one = PalaceLock.acquire(palace, "migrate");
        var two = PalaceLock.acquire(other, "migrate")) {
      assertThat(List.of(one, two)).doesNotHaveDuplicates();
    }
  }
}
