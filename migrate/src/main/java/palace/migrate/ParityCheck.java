package palace.migrate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import palace.common.Progress;
import palace.common.chroma.ChromaRelease;
import palace.common.chroma.MetadataValue;
import palace.common.store.CollectionState;
import palace.common.store.ContentDigest;
import palace.common.store.Drawer;
import palace.common.store.DrawerEntry;
import palace.common.store.StoredVector;
import palace.common.store.VectorSource;

/// Compares a build with its source, both opened anew from what is on disk: every collection, every
/// drawer in both directions, every document, every typed value and every bit of every vector.
final class ParityCheck {
  private static final int MOST_NAMED = 20;

  private final ChromaRelease release;
  private final int batchSize;
  private final Progress progress;
  private final List<ParityDifference> differences = new ArrayList<>();
  private final Map<String, String> digests = new LinkedHashMap<>();
  private long count;

  private ParityCheck(ChromaRelease release, int batchSize, Progress progress) {
    this.release = release;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /// What a comparison found.
  ///
  /// @param differences the first differences
  /// @param count how many there are
  /// @param digests content digest of every collection that both have, by its id in the build
  record Result(List<ParityDifference> differences, long count, Map<String, String> digests) {}

  /// Compares two palaces.
  ///
  /// @param ids for every collection's id in the source, its id in the build
  static Result compare(
      OpenSource source,
      OpenSource build,
      Map<String, String> ids,
      ChromaRelease release,
      int batchSize,
      Progress progress)
      throws IOException {
    var check = new ParityCheck(release, batchSize, progress);
    check.compare(source, build, ids);
    return new Result(List.copyOf(check.differences), check.count, check.digests);
  }

  private void compare(OpenSource source, OpenSource build, Map<String, String> ids)
      throws IOException {
    var built = new LinkedHashMap<String, CollectionState>();
    build.collections().forEach(state -> built.put(state.row().id(), state));
    long drawers = source.collections().stream().mapToLong(state -> state.entries().size()).sum();
    try (Progress.Step step = progress.start("comparing drawers", drawers, "drawers")) {
      for (CollectionState state : source.collections()) {
        String id = ids.getOrDefault(state.row().id(), state.row().id());
        CollectionState other = built.remove(id);
        if (other == null) {
          found(new ParityDifference.CollectionMissing(state.name()));
        } else {
          compareSettings(state, other);
          digests.put(id, compareDrawers(state, other, step));
        }
      }
    }
    built.values().forEach(extra -> found(new ParityDifference.CollectionExtra(extra.name())));
  }

  private void found(ParityDifference difference) {
    count++;
    if (differences.size() < MOST_NAMED) {
      differences.add(difference);
    }
  }

  private void compareSettings(CollectionState source, CollectionState build) {
    String name = source.name();
    compareSetting(name, "name", name, build.name());
    if (!build.row().database().startsWith(TargetDatabase.RECOVERED)) {
      compareSetting(name, "database", place(source), place(build));
    }
    compareSetting(
        name,
        "dimension",
        Integer.toString(source.dimension()),
        Integer.toString(build.dimension()));
    build.settings().statedSpaces().stream()
        .filter(space -> space != source.space())
        .forEach(space ->
            found(
                new ParityDifference.Setting(
                    name, "space", source.space().chromaName(), space.chromaName())));
    compareFunction(source, build);
    compareMetadata(source, build);
  }

  private static String place(CollectionState state) {
    return state.row().tenant() + "/" + state.row().database();
  }

  private void compareSetting(String collection, String what, String source, String build) {
    if (!source.equals(build)) {
      found(new ParityDifference.Setting(collection, what, source, build));
    }
  }

  private void compareFunction(CollectionState source, CollectionState build) {
    if (!release.hasRustCore()) {
      return;
    }
    compareSetting(
        source.name(),
        "embedding function",
        source.settings().embeddingFunction().toString(),
        build.settings().embeddingFunction().toString());
  }

  /// Keys that begin with `hnsw:` may be corrected and added, never dropped; the space has been
  /// compared already.
  private void compareMetadata(CollectionState source, CollectionState build) {
    Map<String, MetadataValue> wanted = source.row().metadata();
    Map<String, MetadataValue> written = build.row().metadata();
    var keys = new TreeSet<>(wanted.keySet());
    keys.addAll(written.keySet());
    for (String key : keys) {
      MetadataValue left = wanted.get(key);
      MetadataValue right = written.get(key);
      boolean same =
          key.startsWith("hnsw:") ? left == null || right != null : Objects.equals(left, right);
      if (!same) {
        found(
            new ParityDifference.Setting(
                source.name(), "metadata " + key, String.valueOf(left), String.valueOf(right)));
      }
    }
  }

  private String compareDrawers(CollectionState source, CollectionState build, Progress.Step step)
      throws IOException {
    Map<String, DrawerEntry> built = new HashMap<>();
    build.entries().forEach(entry -> built.put(entry.id(), entry));
    var digest = new ContentDigest();
    var seen = new HashSet<String>();
    source
        .drawers(batchSize)
        .forEachBatch(batch -> {
          compareBatch(build, batch, built, digest);
          batch.forEach(drawer -> seen.add(drawer.id()));
          step.advance(batch.size());
        });
    compareExtra(source, built, seen);
    return digest.hex();
  }

  private void compareBatch(
      CollectionState build,
      List<Drawer> batch,
      Map<String, DrawerEntry> built,
      ContentDigest digest)
      throws IOException {
    String name = build.name();
    var pairs = new ArrayList<Drawer>();
    var entries = new ArrayList<DrawerEntry>();
    for (Drawer drawer : batch) {
      DrawerEntry entry = built.get(drawer.id());
      if (entry != null) {
        pairs.add(drawer);
        entries.add(entry);
      } else if (drawer.vector().isPresent()) {
        found(new ParityDifference.DrawerMissing(name, drawer.id()));
      }
    }
    List<Drawer> written = build.read(entries);
    for (int i = 0; i < pairs.size(); i++) {
      compareDrawer(name, pairs.get(i), written.get(i));
      digest.add(written.get(i));
    }
  }

  private void compareExtra(
      CollectionState source, Map<String, DrawerEntry> built, Set<String> seen) {
    for (DrawerEntry entry : source.entries()) {
      if (entry.vector() instanceof VectorSource.Missing && built.containsKey(entry.id())) {
        found(new ParityDifference.DrawerExtra(source.name(), entry.id()));
      }
    }
    for (String id : built.keySet()) {
      if (!seen.contains(id)) {
        found(new ParityDifference.DrawerExtra(source.name(), id));
      }
    }
  }

  private void compareDrawer(String collection, Drawer source, Drawer build) {
    var keys = new TreeSet<>(source.metadata().keySet());
    keys.addAll(build.metadata().keySet());
    for (String key : keys) {
      MetadataValue left = source.metadata().get(key);
      MetadataValue right = build.metadata().get(key);
      if (!Objects.equals(left, right)) {
        found(new ParityDifference.Value(collection, source.id(), key, kind(left), kind(right)));
      }
    }
    compareVector(collection, source.id(), source.vector(), build.vector());
  }

  private static String kind(@org.jspecify.annotations.Nullable MetadataValue value) {
    return switch (value) {
      case null -> "nothing";
      case MetadataValue.Text(String text) -> "a string of " + text.length() + " characters";
      case MetadataValue.Whole(long number) -> "the integer " + number;
      case MetadataValue.Real(double number) -> "the float " + number;
      case MetadataValue.Flag(boolean flag) -> "the boolean " + flag;
      case MetadataValue.Listing(List<MetadataValue> values) -> "a list of " + values.size();
    };
  }

  private void compareVector(
      String collection, String id, Optional<StoredVector> source, Optional<StoredVector> build) {
    if (source.isEmpty() || build.isEmpty()) {
      if (source.isPresent() != build.isPresent()) {
        found(new ParityDifference.Vector(collection, id, -1));
      }
      return;
    }
    int component = firstDifference(source.get(), build.get());
    if (component >= 0) {
      found(new ParityDifference.Vector(collection, id, component));
    }
  }

  /// {@return the first component whose bits differ, the number of components when the lengths do,
  /// -1 when nothing does}
  private static int firstDifference(StoredVector left, StoredVector right) {
    int components = left.components().length;
    if (components != right.components().length) {
      return Math.min(components, right.components().length);
    }
    for (int i = 0; i < components; i++) {
      if (Float.floatToRawIntBits(left.components()[i])
          != Float.floatToRawIntBits(right.components()[i])) {
        return i;
      }
    }
    boolean sameLength =
        Float.floatToRawIntBits(left.length()) == Float.floatToRawIntBits(right.length());
    return sameLength ? -1 : components;
  }
}
