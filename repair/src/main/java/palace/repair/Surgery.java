package palace.repair;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import palace.common.chroma.ChromaDatabase;
import palace.common.chroma.SchemaLevel;
import palace.common.doctor.CollectionName;
import palace.common.store.Adoption;
import palace.common.store.StrayDrawers;

/// What treatments work with inside one transaction of a repair.
public final class Surgery {
  private final ChromaDatabase database;
  private final SchemaLevel level;
  private final List<String> segmentDirectories;
  private final Adoption adoption;
  private final StrayDrawers strays;
  private final Map<String, CollectionFacts> facts;
  private final Map<String, NewIndex> newIndexes;
  private final List<ConsumedQueue> consumedQueues;
  private final KeptAside aside;
  private final Optional<Filling> filling;
  private final LostValues lostValues;
  private final List<Path> retired = new ArrayList<>();

  Surgery(
      ChromaDatabase database,
      SchemaLevel level,
      List<String> segmentDirectories,
      Adoption adoption,
      StrayDrawers strays,
      Map<String, CollectionFacts> facts,
      Map<String, NewIndex> newIndexes,
      List<ConsumedQueue> consumedQueues,
      KeptAside aside,
      Optional<Filling> filling,
      LostValues lostValues) {
    this.database = database;
    this.level = level;
    this.segmentDirectories = segmentDirectories;
    this.adoption = adoption;
    this.strays = strays;
    this.facts = facts;
    this.newIndexes = newIndexes;
    this.consumedQueues = consumedQueues;
    this.aside = aside;
    this.filling = filling;
    this.lostValues = lostValues;
  }

  /// {@return where to keep what leaves the database although it can be read}
  KeptAside aside() {
    return aside;
  }

  /// {@return the vectors that an endpoint gave}
  Filling filling() {
    return filling.orElseThrow();
  }

  /// {@return where to say which drawers lose a text}
  LostValues lostValues() {
    return lostValues;
  }

  /// {@return the queue rows that nobody needs}
  List<ConsumedQueue> consumedQueues() {
    return consumedQueues;
  }

  /// Says that a directory of the palace is to be moved into the snapshot.
  void retire(Path directory) {
    retired.add(directory);
  }

  /// {@return the directories that are to be moved into the snapshot}
  List<Path> retired() {
    return retired;
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

  /// {@return what is known of segments that their table lacked when the round began}
  Adoption adoption() {
    return adoption;
  }

  /// {@return the drawers whose segment nobody had when the round began}
  StrayDrawers strays() {
    return strays;
  }

  CollectionFacts facts(CollectionName in) {
    return Objects.requireNonNull(facts.get(in.id()), in::name);
  }

  NewIndex newIndex(CollectionName in) {
    return Objects.requireNonNull(newIndexes.get(in.id()), in::name);
  }
}
