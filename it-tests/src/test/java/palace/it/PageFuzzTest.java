package palace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.salvage.Salvage;

/// Whatever stands in the pages of a database, they are read to their end, and what is taken out of
/// them is a sound database, or nothing is.
final class PageFuzzTest {
  private static final int PAGE = 4096;
  private static final int FILE_HEADER = 100;
  private static final int FIRST_TRUNK = 32;
  private static final int TABLE_LEAF = 13;
  private static final int MOST_BYTES = 96 << 20;

  @TempDir private Path temp;

  private byte[] sound;

  @BeforeEach
  void read() throws IOException {
    Path palace = new FrozenPalace("1.5.9").unpack(temp.resolve("original"));
    sound = Files.readAllBytes(palace.resolve("chroma.sqlite3"));
  }

  @Test
  void damagedPagesAreAnAnswer() throws Exception {
    campaign("pages, damaged").run(random -> salvage(Mutation.of(sound, random)));
  }

  @Test
  void pagesThatLieAboutEachOtherAreAnAnswer() throws Exception {
    campaign("pages, lying")
        .run(random -> {
          byte[] image = sound.clone();
          for (int lies = 1 << random.nextInt(9); lies > 0; lies--) {
            lie(image, random);
          }
          return salvage(image);
        });
  }

  @Test
  void inventedPagesAreAnAnswer() throws Exception {
    campaign("pages, invented").run(random -> salvage(invented(random)));
  }

  @Test
  void chainsOfOverflowPagesThatLeadInRingsAreAnAnswer() throws Exception {
    campaign("pages, rings").run(random -> salvage(ringed(random)));
  }

  private static Campaign campaign(String name) {
    return new Campaign(name, 120, Duration.ofSeconds(20), MOST_BYTES);
  }

  /// Puts a number where a page says what it is, how much is in it, where that lies, or which page
  /// goes on.
  private static void lie(byte[] image, Random random) {
    int pages = image.length / PAGE;
    int number = random.nextInt(pages);
    int page = number * PAGE;
    int header = number == 0 ? FILE_HEADER : 0;
    switch (random.nextInt(7)) {
      case 0 -> Mutation.write(image, page, 4, pageNumber(pages, random), true);
      case 1 -> Mutation.write(image, page + header + 8, 4, pageNumber(pages, random), true);
      case 2 -> image[page + header] = (byte) new int[] {2, 5, 10, 13}[random.nextInt(4)];
      case 3 -> Mutation.write(image, page + header + 3, 2, random.nextInt(5000), true);
      case 4 -> {
        int slot = page + header + 8 + 2 * random.nextInt(100);
        Mutation.write(image, slot, 2, random.nextInt(PAGE), true);
      }
      case 5 -> {
        int anywhere = page + FILE_HEADER + random.nextInt(PAGE - FILE_HEADER - 8);
        Mutation.write(image, anywhere, 4, pageNumber(pages, random), true);
      }
      default ->
          Mutation.write(image, 28 + 4 * random.nextInt(10), 4, pageNumber(pages, random), true);
    }
  }

  private static long pageNumber(int pages, Random random) {
    return random.nextInt(8) == 0 ? Mutation.tellingNumber(random) : random.nextInt(pages + 2);
  }

  /// A file with the header of a database and pages of every kind, with cells that lead anywhere.
  private byte[] invented(Random random) {
    int pages = 2 + random.nextInt(60);
    byte[] image = new byte[pages * PAGE];
    System.arraycopy(sound, 0, image, 0, PAGE);
    for (int number = 1; number < pages; number++) {
      switch (random.nextInt(8)) {
        case 0 -> noise(image, number, random);
        case 1 ->
            System.arraycopy(
                sound, random.nextInt(sound.length / PAGE) * PAGE, image, number * PAGE, PAGE);
        case 2 -> trunk(image, number, pages, random);
        default -> tree(image, number, pages, random);
      }
    }
    Mutation.write(image, 28, 4, pageNumber(pages, random), true);
    Mutation.write(image, 32, 4, pageNumber(pages, random), true);
    return image;
  }

  private static void noise(byte[] image, int number, Random random) {
    byte[] bytes = new byte[PAGE];
    random.nextBytes(bytes);
    System.arraycopy(bytes, 0, image, number * PAGE, PAGE);
  }

  private static void trunk(byte[] image, int number, int pages, Random random) {
    Mutation.write(image, number * PAGE, 4, pageNumber(pages, random), true);
    Mutation.write(image, number * PAGE + 4, 4, random.nextInt(1100), true);
    for (int i = 0; i < 100; i++) {
      Mutation.write(image, number * PAGE + 8 + 4 * i, 4, pageNumber(pages, random), true);
    }
  }

  private static void tree(byte[] image, int number, int pages, Random random) {
    int page = number * PAGE;
    int kind = new int[] {2, 5, 10, 13}[random.nextInt(4)];
    boolean interior = kind < 10;
    int cells = random.nextInt(60);
    image[page] = (byte) kind;
    Mutation.write(image, page + 3, 2, cells, true);
    Mutation.write(image, page + 5, 2, 1000, true);
    if (interior) {
      Mutation.write(image, page + 8, 4, pageNumber(pages, random), true);
    }
    for (int i = 0; i < cells; i++) {
      int at = 1000 + random.nextInt(PAGE - 1100);
      Mutation.write(image, page + (interior ? 12 : 8) + 2 * i, 2, at, true);
      if (interior) {
        Mutation.write(image, page + at, 4, pageNumber(pages, random), true);
        at += 4;
      }
      record(image, page + at, pages, random);
    }
  }

  /// The length of a record, its rowid, and a header with types of every kind.
  private static void record(byte[] image, int at, int pages, Random random) {
    int next = at;
    image[next++] = (byte) (0x80 | random.nextInt(128));
    image[next++] = (byte) random.nextInt(128);
    image[next++] = (byte) random.nextInt(128);
    int columns = 1 + random.nextInt(9);
    image[next++] = (byte) (1 + columns);
    for (int i = 0; i < columns; i++) {
      image[next++] = (byte) random.nextInt(random.nextInt(4) == 0 ? 256 : 60);
    }
    Mutation.write(image, next, 4, pageNumber(pages, random), true);
  }

  /// A database in which rows of sound tables claim to go on, as long as the file may bear it or
  /// longer, in overflow pages that lead to each other for ever; the freelist may begin with them,
  /// too, as trunks that list nothing.
  private byte[] ringed(Random random) {
    byte[] image = sound.clone();
    int pages = image.length / PAGE;
    int first = pages - 1 - random.nextInt(8);
    for (int number = first; number < pages; number++) {
      noise(image, number, random);
      int next = number + 1 == pages ? first : number + 1;
      Mutation.write(image, number * PAGE, 4, next + 1, true);
      Mutation.write(image, number * PAGE + 4, 4, 0, true);
    }
    if (random.nextBoolean()) {
      Mutation.write(image, FIRST_TRUNK, 4, first + 1, true);
    }
    for (int number = 1; number < first; number++) {
      if (image[number * PAGE] == TABLE_LEAF && random.nextInt(4) > 0) {
        int claimed =
            random.nextInt(4) == 0 ? 1 << 10 + random.nextInt(10) : 1 + random.nextInt(pages - 1);
        OverlongRows.in(image, number * PAGE).write(claimed, first + 1);
      }
    }
    return image;
  }

  private String salvage(byte[] image) throws IOException, SQLException {
    Path damaged = Files.write(temp.resolve("damaged.sqlite3"), image);
    Path fresh = temp.resolve("fresh.sqlite3");
    Files.deleteIfExists(fresh);
    try {
      Salvage.into(damaged, fresh, Progress.SILENT);
    } catch (PalaceException.DamagedDatabase nothing) {
      return "nothing of Chroma's";
    }
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + fresh);
        Statement statement = connection.createStatement()) {
      try (ResultSet check = statement.executeQuery("PRAGMA integrity_check")) {
        check.next();
        assertThat(check.getString(1)).isEqualTo("ok");
      }
      try (ResultSet drawers = statement.executeQuery("SELECT count(*) FROM embeddings")) {
        drawers.next();
        return drawers.getLong(1) == 0
            ? "no drawer"
            : drawers.getLong(1) == 258 ? "every drawer" : "some drawers";
      }
    }
  }
}
