package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.chroma.Migration;
import palace.common.doctor.Finding;
import palace.common.doctor.MigrationFinding;

/// Records migrations with the text and hash that every release compares. None is run again.
public record RestoreMigrations() implements Treatment {
  @Override
  public String code() {
    return "restore-migrations";
  }

  @Override
  public String act() {
    return "record the migrations with the text and hash that Chroma compares";
  }

  @Override
  public boolean isFoundation() {
    return true;
  }

  @Override
  public boolean reveals() {
    return true;
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    for (Finding finding : findings) {
      if (finding instanceof MigrationFinding row) {
        restore(surgery, row);
      }
    }
    return findings.size();
  }

  private static void restore(Surgery surgery, MigrationFinding row) throws IOException {
    Migration migration =
        Migration.all().stream()
            .filter(known -> known.dir().equals(row.dir()) && known.version() == row.version())
            .findFirst()
            .orElseThrow();
    surgery
        .database()
        .execute("DELETE FROM migrations WHERE dir=? AND version=?", row.dir(), row.version());
    surgery
        .database()
        .execute(
            "INSERT INTO migrations(dir, version, filename, sql, hash) VALUES (?,?,?,?,?)",
            migration.dir(),
            migration.version(),
            migration.filename(),
            migration.sql(),
            migration.hash());
  }
}
