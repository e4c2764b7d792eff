package palace.common.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import palace.common.chroma.Migration;

/// Compares the table `migrations` with what every release has, and with what the tables show was
/// applied (S2).
final class MigrationCheck {
  private static final String FULL_TEXT = "embedding_fulltext_search";

  private final Examination examination;
  private final Map<String, TreeSet<Integer>> recorded = new TreeMap<>();

  MigrationCheck(Examination examination) {
    this.examination = examination;
  }

  void run() throws IOException {
    compareRows();
    recorded.forEach(this::findGaps);
    for (MigrationEffect effect : MigrationEffect.all()) {
      compare(effect);
    }
  }

  private void compareRows() throws IOException {
    var known = new HashMap<String, Migration>();
    Migration.all().forEach(migration -> known.put(key(migration), migration));
    examination
        .database()
        .each(
            "SELECT dir, version, sql, hash FROM migrations ORDER BY dir, version",
            row -> {
              Migration migration = known.get(row.text(1) + "/" + row.integer(2));
              if (migration != null) {
                recorded
                    .computeIfAbsent(migration.dir(), dir -> new TreeSet<>())
                    .add(migration.version());
                compare(migration, row.text(3), row.text(4));
              }
            });
  }

  private static String key(Migration migration) {
    return migration.dir() + "/" + migration.version();
  }

  /// Chroma hashes and compares without carriage returns.
  private void compare(Migration expected, String sql, String hash) {
    String dir = expected.dir();
    int version = expected.version();
    if (dir.equals("metadb") && version == 1 && hash.equals(Migration.HASH_OF_040)) {
      examination.found(new MigrationFinding.Of040(dir, version));
    } else if (!sql.replace("\r", "").equals(expected.sql())) {
      examination.found(new MigrationFinding.TextAltered(dir, version));
    } else if (!hash.equals(expected.hash())) {
      boolean sha256 = hash.equals(sha256(expected.sql()));
      examination.found(
          new MigrationFinding.WrongHash(dir, version, hash, expected.hash(), sha256));
    }
  }

  private static String sha256(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void findGaps(String dir, TreeSet<Integer> versions) {
    for (int version = 1; version < versions.last(); version++) {
      if (!versions.contains(version)) {
        examination.found(new MigrationFinding.Gap(dir, version));
      }
    }
  }

  private void compare(MigrationEffect effect) throws IOException {
    TreeSet<Integer> versions = recorded.getOrDefault(effect.dir(), new TreeSet<>());
    boolean isThere = effect.isThere(examination.database());
    if (versions.contains(effect.version())) {
      if (!isThere) {
        lacking(effect);
      }
    } else if (isThere && (versions.isEmpty() || versions.last() < effect.version())) {
      examination.found(
          new MigrationFinding.NewestMissing(effect.dir(), effect.version(), effect.shows()));
    }
  }

  private void lacking(MigrationEffect effect) {
    String table = effect.table().orElse("");
    if (table.equals(FULL_TEXT)) {
      return;
    }
    examination.found(
        table.isEmpty()
            ? new MigrationFinding.HalfDone(effect.dir(), effect.version(), effect.shows())
            : new DatabaseFinding.TableMissing(examination.layout().database(), table));
  }
}
