package palace.common.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.SourceDatabase;
import palace.common.store.PalaceLayout;

/// Finds what another tool's interrupted rebuild left: a temporary collection, and copies of the
/// palace beside it that may hold what the palace lost.
final class LeftoverCheck {
  private static final String MARK = "__repair_tmp";

  private final Examination examination;

  LeftoverCheck(Examination examination) {
    this.examination = examination;
  }

  void run() throws IOException {
    var leftovers =
        examination
            .database()
            .list(
                "SELECT id, name FROM collections WHERE name LIKE '%\\_\\_repair\\_tmp' ESCAPE '\\'"
                    + " ORDER BY rowid",
                row -> new CollectionName(row.text(1), row.text(2)));
    for (CollectionName leftover : leftovers) {
      examine(leftover);
    }
  }

  private void examine(CollectionName leftover) throws IOException {
    String original = leftover.name().substring(0, leftover.name().length() - MARK.length());
    Set<String> present = idsOf(examination.database(), original);
    Set<String> temporary = idsOf(examination.database(), leftover.name());
    var all = new HashSet<>(present);
    all.addAll(temporary);
    long onlyBeside = 0;
    for (Path beside : examination.layout().leftovers()) {
      onlyBeside = Math.max(onlyBeside, notIn(all, idsBeside(beside, original)));
    }
    examination.found(
        new RebuildLeftover(
            leftover,
            original,
            temporary.size(),
            notIn(present, temporary),
            examination.layout().leftovers(),
            onlyBeside));
  }

  private static long notIn(Set<String> present, Set<String> ids) {
    return ids.stream().filter(id -> !present.contains(id)).count();
  }

  private static Set<String> idsOf(ChromaDatabase database, String collection) throws IOException {
    return new HashSet<>(
        database.list(
            "SELECT e.embedding_id FROM embeddings e JOIN segments s ON s.id = e.segment_id JOIN"
                + " collections c ON c.id = s.collection WHERE c.name = ? UNION SELECT q.id FROM"
                + " embeddings_queue q JOIN collections c ON q.topic ="
                + " 'persistent://default/default/' || c.id WHERE c.name = ? AND q.operation IN (0,"
                + " 2)",
            row -> row.text(1),
            collection,
            collection));
  }

  private Set<String> idsBeside(Path beside, String collection) {
    Path file = beside.resolve(PalaceLayout.DATABASE);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return Set.of();
    }
    var ids = new HashSet<String>();
    examination.run(
        "drawers of " + beside,
        false,
        () -> {
          try (SourceDatabase source = SourceDatabase.open(file)) {
            ids.addAll(idsOf(source.database(), collection));
          }
        });
    return ids;
  }
}
