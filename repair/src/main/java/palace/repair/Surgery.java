package palace.repair;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.SchemaLevel;
import palace.common.doctor.CollectionName;

/// What treatments work with inside one transaction of a repair.
public final class Surgery {
  private final ChromaDatabase database;
  private final SchemaLevel level;
  private final List<String> segmentDirectories;
  private final Map<String, CollectionFacts> facts;
  private final Map<String, NewIndex> newIndexes;

  Surgery(
      ChromaDatabase database,
      SchemaLevel level,
      List<String> segmentDirectories,
      Map<String, CollectionFacts> facts,
      Map<String, NewIndex> newIndexes) {
    this.database = database;
    this.level = level;
    this.segmentDirectories = segmentDirectories;
    this.facts = facts;
    this.newIndexes = newIndexes;
  }

  ChromaDatabase database() {
    return database;
  }

  SchemaLevel level() {
    return level;
  }

  /// {@return the names of the directories that are named like a segment}
  List<String> segmentDirectories() {
    return segmentDirectories;
  }

  CollectionFacts facts(CollectionName in) {
    return Objects.requireNonNull(facts.get(in.id()), in::name);
  }

  NewIndex newIndex(CollectionName in) {
    return Objects.requireNonNull(newIndexes.get(in.id()), in::name);
  }
}
