package palace.repair;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A treatment that an operator asks for by name, where nothing is wrong that calls for it.
public enum NamedTreatment {
  /// The vectors that only the queue has are written into a new index.
  FLUSH_QUEUE("flush-queue"),
  /// Queue rows that every segment has consumed are deleted; the newest of a collection stays.
  PURGE_QUEUE("purge-queue"),
  /// Segment directories that belong to nothing are moved into the snapshot.
  RETIRE_ORPHANS("retire-orphans"),
  /// The full-text table is filled anew from the documents.
  REBUILD_FULL_TEXT("rebuild-full-text"),
  /// The database is written anew without its free pages.
  VACUUM("vacuum");

  private final String word;

  NamedTreatment(String word) {
    this.word = word;
  }

  /// {@return its name at the prompt}
  public String word() {
    return word;
  }

  /// {@return the treatment of a name}
  public static Optional<NamedTreatment> of(String word) {
    return Arrays.stream(values()).filter(each -> each.word.equals(word)).findFirst();
  }

  /// {@return every name}
  public static List<String> words() {
    return Arrays.stream(values()).map(NamedTreatment::word).toList();
  }

  /// {@return what together leaves nothing of a deleted text in the palace's files}
  public static Set<NamedTreatment> scrub() {
    return EnumSet.of(PURGE_QUEUE, RETIRE_ORPHANS, REBUILD_FULL_TEXT, VACUUM);
  }
}
