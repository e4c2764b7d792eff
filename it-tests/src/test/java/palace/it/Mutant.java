package palace.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;

/// A palace of which one file is damaged in one way.
///
/// @param file the file, relative to the palace
/// @param what what was done to it
/// @param act makes the damaged bytes of the sound ones
record Mutant(Path file, String what, Act act) {
  private static final int[] BYTES = {0x00, 0xFF, 0x7F, 0x80};
  private static final int CUT_STEP = 64;

  /// Damages a copy of some bytes.
  @FunctionalInterface
  interface Act {
    byte[] on(byte[] bytes);
  }

  /// {@return every mutant of a palace: each byte that says a length, a count or where something is
  /// to be found, at several values; cuts at every 64 bytes; random damage; and halves of other
  /// files of the same kind}
  static List<Mutant> of(Path palace) throws IOException {
    List<Path> files;
    try (Stream<Path> paths = Files.walk(palace)) {
      files = paths.filter(Files::isRegularFile).map(palace::relativize).sorted().toList();
    }
    var mutants = new ArrayList<Mutant>();
    for (Path file : files) {
      byte[] sound = Files.readAllBytes(palace.resolve(file));
      bytes(file, sound, mutants);
      numbers(file, sound, mutants);
      cuts(file, sound, mutants);
      random(file, mutants);
      for (Path other : files) {
        if (!other.equals(file) && other.getFileName().equals(file.getFileName())) {
          spliced(file, other, Files.readAllBytes(palace.resolve(other)), mutants);
        }
      }
    }
    return mutants;
  }

  private static void bytes(Path file, byte[] sound, List<Mutant> mutants) {
    for (int at : tellingPlaces(file, sound)) {
      for (int value : BYTES) {
        mutants.add(
            new Mutant(file, "byte " + at + " = " + value, bytes -> with(bytes, at, value)));
      }
      mutants.add(new Mutant(file, "byte " + at + " + 1", bytes -> with(bytes, at, bytes[at] + 1)));
    }
  }

  private static void numbers(Path file, byte[] sound, List<Mutant> mutants) {
    for (int at : tellingPlaces(file, sound)) {
      for (int width = 2; width <= 8; width *= 2) {
        for (long number : new long[] {0x7FFF_FFFFL, Long.MIN_VALUE, Long.MAX_VALUE, -1}) {
          int bytes = width;
          mutants.add(
              new Mutant(
                  file,
                  "%d bytes at %d = %x".formatted(width, at, number),
                  whole -> withNumber(whole, at, bytes, number)));
        }
      }
    }
  }

  private static void cuts(Path file, byte[] sound, List<Mutant> mutants) {
    for (int length = 0; length < sound.length; length += CUT_STEP) {
      int end = length;
      mutants.add(new Mutant(file, "cut at " + end, bytes -> Arrays.copyOf(bytes, end)));
    }
  }

  private static void random(Path file, List<Mutant> mutants) {
    for (int seed = 0; seed < 200; seed++) {
      var random = new Random(file.hashCode() * 31L + seed);
      mutants.add(new Mutant(file, "random " + seed, bytes -> Mutation.of(bytes, random)));
    }
  }

  private static void spliced(Path file, Path other, byte[] donor, List<Mutant> mutants) {
    mutants.add(
        new Mutant(
            file,
            "second half of " + other,
            bytes -> {
              byte[] halves = bytes.clone();
              int half = halves.length / 2;
              int count = Math.min(donor.length, halves.length) - half;
              System.arraycopy(donor, half, halves, half, Math.max(0, count));
              return halves;
            }));
    mutants.add(new Mutant(file, "all of " + other, bytes -> donor.clone()));
  }

  /// Where a byte has something to say: headers and pickles everywhere; of a database its header,
  /// the headers and cell pointers of its pages and the beginnings of cells; of all others a
  /// sample.
  private static Iterable<Integer> tellingPlaces(Path file, byte[] sound) {
    var places = new TreeSet<Integer>();
    String name = file.getFileName().toString();
    if (name.equals("chroma.sqlite3")) {
      for (int page = 0; page < sound.length; page += 4096) {
        range(places, page, page == 0 ? 130 : 24, 1, sound);
        range(places, page + 3500 + page / 4096 % 500, 8, 1, sound);
      }
    } else if (name.equals("header.bin") || name.endsWith(".pickle")) {
      range(places, 0, sound.length, 1, sound);
    } else {
      range(places, 0, 64, 1, sound);
      range(places, 0, sound.length, Math.max(1, sound.length / 100), sound);
    }
    return places;
  }

  private static void range(TreeSet<Integer> places, int from, int count, int step, byte[] sound) {
    for (int at = from; at < from + count && at < sound.length; at += step) {
      places.add(at);
    }
  }

  private static byte[] with(byte[] bytes, int at, int value) {
    byte[] changed = bytes.clone();
    changed[at] = (byte) value;
    return changed;
  }

  private static byte[] withNumber(byte[] bytes, int at, int width, long number) {
    byte[] changed = bytes.clone();
    Mutation.write(changed, at, width, number, bytes[0] == 'S');
    return changed;
  }

  @Override
  public String toString() {
    return file + ": " + what;
  }
}
