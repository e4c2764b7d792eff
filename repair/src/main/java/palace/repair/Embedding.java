package palace.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.SchemaLevel;
import palace.common.doctor.CollectionName;
import palace.common.store.CollectionState;
import palace.common.store.NeedsEmbedding;
import palace.common.store.Palace;
import palace.repair.embedder.EmbeddingClient;
import palace.repair.embedder.Endpoint;
import palace.repair.embedder.NewVectors;
import palace.repair.embedder.Pace;

/// Gets vectors for the drawers that are listed because theirs exist nowhere. Nothing is written to
/// the palace here but [NewVectors]; a repair of its own brings the drawers back afterwards.
final class Embedding implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Embedding.class);

  /// So many texts that are refused before any was accepted mean that it is not about the texts.
  private static final int MOST_REFUSED_FIRST = 3;

  private final Path palace;
  private final Path list;
  private final Endpoint endpoint;
  private final Pace pace;
  private final EmbeddingClient client;
  private final Progress progress;
  private final NewVectors vectors;
  private final Map<String, EmbeddingTarget> proven = new LinkedHashMap<>();
  private final Map<String, Integer> dimensions = new HashMap<>();
  private final Map<String, String> unfit = new HashMap<>();
  private final Map<String, String> refused = new HashMap<>();
  private long received;

  Embedding(Path palace, Endpoint endpoint, Pace pace, Progress progress) throws IOException {
    this.palace = palace;
    this.endpoint = endpoint;
    this.pace = pace;
    this.progress = progress;
    list = palace.resolve(NeedsEmbedding.NAME);
    vectors = NewVectors.of(palace);
    client = new EmbeddingClient(endpoint, pace);
  }

  /// Makes sure, before anything is changed, that the model is the one of every collection that
  /// lacks vectors. A palace that is too damaged to say so is asked after its repair.
  ///
  /// @throws PalaceException.Refused when it cannot be
  void requireModel() throws IOException {
    for (EmbeddingTarget target : readableTargets()) {
      prove(target);
    }
  }

  private List<EmbeddingTarget> readableTargets() throws IOException {
    try (Palace opened = Palace.open(palace)) {
      return targets(opened, true);
    } catch (PalaceException.DamagedDatabase e) {
      LOG.warn("embedder.not-proven cause={}", e.getMessage());
      return List.of();
    }
  }

  private void prove(EmbeddingTarget target) throws PalaceException {
    if (!proven.containsKey(target.in().id())) {
      dimensions.put(target.in().id(), target.requireModel(endpoint, client, this::look));
      proven.put(target.in().id(), target);
    }
  }

  /// A signal is noticed where progress is reported.
  private void look() {
    step.advance(0);
  }

  private Progress.Step step = done -> {};

  /// The collections with drawers on the list, and on request those that lack vectors in their
  /// index.
  private List<EmbeddingTarget> targets(Palace opened, boolean missingToo) throws IOException {
    Set<String> listed = new HashSet<>();
    WaitingList.read(list, opened.collections())
        .each((drawer, collection) -> collection.ifPresent(row -> listed.add(row.id())));
    var targets = new ArrayList<EmbeddingTarget>();
    for (CollectionRow row : opened.collections()) {
      if (missingToo || listed.contains(row.id())) {
        try (CollectionState state = opened.open(row)) {
          if (listed.contains(row.id()) || !state.missingVectors().isEmpty()) {
            targets.add(EmbeddingTarget.of(palace, state));
          }
        }
      }
    }
    return targets;
  }

  /// Asks for every vector that is needed and not kept yet.
  ///
  /// @return what is to be written; empty when no drawer on the list has a vector
  Optional<Filling> fetch() throws IOException {
    Map<String, EmbeddingTarget> targets = new HashMap<>();
    WaitingList waiting;
    SchemaLevel level;
    // Nobody is kept from the database while the endpoint is asked.
    try (Palace opened = Palace.open(palace)) {
      targets(opened, false).forEach(target -> targets.put(target.in().id(), target));
      waiting = WaitingList.read(list, opened.collections());
      level = opened.level();
    }
    for (EmbeddingTarget target : targets.values()) {
      proveOrLeave(target);
    }
    fetch(waiting, targets, level);
    return ready(waiting, targets);
  }

  private Optional<Filling> ready(WaitingList waiting, Map<String, EmbeddingTarget> targets)
      throws IOException {
    var ready = new LinkedHashMap<String, CollectionName>();
    waiting.each((drawer, collection) -> {
      if (collection.isPresent() && vectors.has(keyOf(drawer, collection.get()))) {
        EmbeddingTarget target = targets.get(collection.get().id());
        if (target != null) {
          ready.put(target.label(), target.in());
        }
      }
    });
    return ready.isEmpty()
        ? Optional.empty()
        : Optional.of(new Filling(list, vectors, endpoint.model(), ready, false));
  }

  private void proveOrLeave(EmbeddingTarget target) throws PalaceException {
    try {
      prove(target);
    } catch (PalaceException.Refused e) {
      unfit.put(target.in().id(), String.valueOf(e.getMessage()));
    }
  }

  private String keyOf(NeedsEmbedding.Listed drawer, CollectionRow row) {
    return NewVectors.key(row.id(), drawer.id(), drawer.document().orElse(""), endpoint.model());
  }

  /// One request's worth of texts of one collection.
  private static final class Batch {
    final List<String> keys = new ArrayList<>();
    final List<String> texts = new ArrayList<>();
    int characters;

    void add(String key, String text) {
      keys.add(key);
      texts.add(text);
      characters += text.length();
    }

    void clear() {
      keys.clear();
      texts.clear();
      characters = 0;
    }
  }

  private void fetch(WaitingList waiting, Map<String, EmbeddingTarget> targets, SchemaLevel level)
      throws IOException {
    long[] wanted = {0};
    waiting.each((drawer, row) -> wanted[0] += isWanted(drawer, row, targets, level) ? 1 : 0);
    var batches = new HashMap<String, Batch>();
    try (Progress.Step shown = progress.start("embedding", wanted[0], "drawers")) {
      step = shown;
      waiting.each((drawer, row) -> {
        if (isWanted(drawer, row, targets, level)) {
          String id = row.orElseThrow().id();
          Batch batch = batches.computeIfAbsent(id, key -> new Batch());
          String text = drawer.document().orElseThrow();
          if (batch.texts.size() == pace.batch()
              || batch.characters + text.length() > pace.characters()) {
            send(id, batch);
          }
          batch.add(keyOf(drawer, row.orElseThrow()), text);
        }
      });
      for (Map.Entry<String, Batch> rest : batches.entrySet()) {
        send(rest.getKey(), rest.getValue());
      }
    } finally {
      step = done -> {};
    }
  }

  private boolean isWanted(
      NeedsEmbedding.Listed drawer,
      Optional<CollectionRow> row,
      Map<String, EmbeddingTarget> targets,
      SchemaLevel level) {
    if (row.isEmpty() || FillVectors.obstacle(drawer, level).isPresent()) {
      return false;
    }
    EmbeddingTarget target = targets.get(row.get().id());
    return target != null
        && !unfit.containsKey(row.get().id())
        && !target.present().contains(drawer.id())
        && !vectors.has(keyOf(drawer, row.get()));
  }

  private void send(String collection, Batch batch) throws IOException {
    if (!batch.texts.isEmpty()) {
      send(collection, List.copyOf(batch.keys), List.copyOf(batch.texts));
      batch.clear();
    }
  }

  /// Texts that are refused together are sent by halves, until it is known which one it is about.
  private void send(String collection, List<String> keys, List<String> texts) throws IOException {
    List<float[]> given;
    try {
      given = client.embed(texts, dimensions.getOrDefault(collection, 0), this::look);
    } catch (EmbeddingClient.TextsRefused e) {
      int half = texts.size() / 2;
      if (half == 0) {
        leave(keys.getFirst(), String.valueOf(e.getMessage()));
      } else {
        send(collection, keys.subList(0, half), texts.subList(0, half));
        send(collection, keys.subList(half, keys.size()), texts.subList(half, texts.size()));
      }
      return;
    }
    keep(collection, keys, given);
  }

  private void leave(String key, String reason) throws PalaceException.Failed {
    refused.put(key, "the embedder refuses its document: " + reason);
    if (received == 0 && refused.size() >= MOST_REFUSED_FIRST) {
      throw new PalaceException.Failed(
          "the embedder %s accepts nothing: %s".formatted(endpoint, reason),
          "see what the endpoint expects");
    }
    step.advance(1);
  }

  private void keep(String collection, List<String> keys, List<float[]> given) throws IOException {
    var batch = new LinkedHashMap<String, float[]>();
    for (int i = 0; i < keys.size(); i++) {
      batch.put(keys.get(i), given.get(i));
    }
    vectors.add(batch);
    dimensions.put(collection, given.getFirst().length);
    received += keys.size();
    step.advance(keys.size());
  }

  /// {@return what came of it}
  ///
  /// @param filled drawers that were written, by the name of the collection
  Embedded report(Map<String, Long> filled, Optional<String> stopped) throws IOException {
    var left = new LinkedHashMap<String, List<Embedded.Waiting>>();
    try (Palace opened = Palace.open(palace)) {
      WaitingList.read(list, opened.collections())
          .each((drawer, row) ->
              left.computeIfAbsent(
                      row.map(CollectionRow::label).orElse(drawer.collection()),
                      key -> new ArrayList<>())
                  .add(new Embedded.Waiting(drawer.id(), reason(drawer, row, opened.level()))));
    }
    return new Embedded(endpoint.model(), received, filled, left, stopped);
  }

  private String reason(
      NeedsEmbedding.Listed drawer, Optional<CollectionRow> row, SchemaLevel level) {
    if (row.isEmpty()) {
      return "the palace has no collection of that name";
    }
    Optional<String> obstacle = FillVectors.obstacle(drawer, level);
    if (obstacle.isPresent()) {
      return obstacle.get();
    }
    String collection = unfit.get(row.get().id());
    return collection != null
        ? collection
        : refused.getOrDefault(keyOf(drawer, row.get()), "it has no vector yet");
  }

  /// Removes the kept vectors once no drawer waits for one of them.
  void tidy(Embedded report) throws IOException {
    if (report.waiting().isEmpty()) {
      vectors.delete();
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
