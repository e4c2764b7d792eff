package palace.common.doctor;

import java.io.IOException;
import java.util.Locale;
import palace.common.chroma.ChromaDatabase;
import palace.common.store.PalaceLayout;

/// Checks tenants and databases, how ids are written, and that every small row belongs to something
/// (S3, S4, S18).
final class CatalogueCheck {
  private final Examination examination;
  private final ChromaDatabase database;

  CatalogueCheck(Examination examination) {
    this.examination = examination;
    this.database = examination.database();
  }

  /// Chroma asks for the default tenant and database whenever it starts.
  void tenantsAndDatabases() throws IOException {
    if (!examination.level().hasDatabases()) {
      return;
    }
    database.each(
        "SELECT 'default_tenant' AS id UNION SELECT tenant_id FROM databases EXCEPT SELECT id FROM"
            + " tenants",
        row -> examination.found(new CatalogueFinding.TenantMissing(row.text(1))));
    boolean noDefault =
        database.number(
                "SELECT count(*) FROM databases WHERE name = 'default_database' AND tenant_id ="
                    + " 'default_tenant'")
            == 0;
    if (noDefault) {
      examination.found(new CatalogueFinding.DatabaseMissing("default_database"));
    }
    database.each(
        "SELECT database_id FROM collections EXCEPT SELECT id FROM databases WHERE id IS NOT NULL",
        row -> {
          if (!noDefault || !row.text(1).equals("00000000-0000-0000-0000-000000000000")) {
            examination.found(new CatalogueFinding.DatabaseMissing(row.text(1)));
          }
        });
  }

  void ids() throws IOException {
    ids("collections", "id");
    ids("segments", "id");
    if (examination.level().hasDatabases()) {
      ids("databases", "id");
    }
  }

  private void ids(String table, String column) throws IOException {
    database.each(
        "SELECT " + column + " FROM " + table,
        row -> {
          String id = row.text(1);
          if (!PalaceLayout.isSegmentName(id)) {
            examination.found(new CatalogueFinding.IdNotUuid(table, printable(id)));
          } else if (!id.equals(id.toLowerCase(Locale.ROOT))) {
            examination.found(new CatalogueFinding.IdUpperCase(table, id));
          }
        });
  }

  static String printable(String id) {
    String shown = id.length() > 80 ? id.substring(0, 80) : id;
    return shown.replaceAll("\\p{Cntrl}", "?");
  }

  void orphans() throws IOException {
    database.each(
        "SELECT count(*), min(id) FROM segments WHERE collection IS NULL OR collection NOT IN"
            + " (SELECT id FROM collections)",
        row -> {
          if (row.integer(1) > 0) {
            examination.found(new CatalogueFinding.OrphanSegments(row.integer(1), row.text(2)));
          }
        });
    orphans("collection_metadata", "collection_id", "collections");
    if (examination.segmentsAreMissing()) {
      throw new IOException("a collection lacks a segment, which they may belong to");
    }
    orphans("segment_metadata", "segment_id", "segments");
    orphans("max_seq_id", "segment_id", "segments");
  }

  private void orphans(String table, String column, String owner) throws IOException {
    long count =
        database.number(
            "SELECT count(*) FROM "
                + table
                + " NOT INDEXED WHERE lower("
                + column
                + ") NOT IN (SELECT lower(id) FROM "
                + owner
                + ")");
    if (count > 0) {
      examination.found(new CatalogueFinding.OrphanCatalogueRows(table, count));
    }
  }
}
