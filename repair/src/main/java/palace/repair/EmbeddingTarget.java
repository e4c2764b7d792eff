package palace.repair;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import palace.common.PalaceException;
import palace.common.doctor.CollectionName;
import palace.common.hnsw.Space;
import palace.common.store.CollectionState;
import palace.common.store.Drawer;
import palace.common.store.DrawerEntry;
import palace.common.store.StoredVector;
import palace.repair.embedder.EmbeddingClient;
import palace.repair.embedder.Endpoint;
import palace.repair.embedder.ModelName;

/// A collection some of whose drawers are to get vectors from an endpoint, and what proves that the
/// endpoint's model is the one the collection was made with: the recorded identity, the dimension,
/// and, best of all, drawers whose vectors are known.
///
/// @param in the collection
/// @param label its name for people
/// @param space what distance means in it
/// @param dimension components per vector, 0 when nothing was ever written
/// @param present ids of the drawers that it has
/// @param witnesses drawers whose vector is known
/// @param identity the recorded embedding function, as Chroma writes it
/// @param note what MemPalace recorded about its embedder
record EmbeddingTarget(
    CollectionName in,
    String label,
    Space space,
    int dimension,
    Set<String> present,
    List<Witness> witnesses,
    Optional<JsonNode> identity,
    Optional<EmbeddingIdentity.Noted> note) {
  private static final int MOST_WITNESSES = 5;
  private static final int LOOKED_AT = 40;
  private static final int LONGEST_WITNESS = 4_000;

  /// Quantised copies of a model, and other runtimes, differ by less than this.
  private static final double LEAST_LIKENESS = 0.9;

  private static final double MOST_STRETCH = 1.1;

  /// A text and the vector that it has in the palace.
  record Witness(String text, StoredVector vector) {}

  static EmbeddingTarget of(Path palace, CollectionState state) throws IOException {
    return new EmbeddingTarget(
        new CollectionName(state.row().id(), state.row().name()),
        state.row().label(),
        state.space(),
        state.dimension(),
        state.entries().stream().map(DrawerEntry::id).collect(Collectors.toSet()),
        witnesses(state),
        EmbeddingIdentity.of(palace, state.row(), state.settings()),
        EmbeddingIdentity.noted(palace, state.row()));
  }

  /// From all over the collection, because drawers of one kind lie together.
  private static List<Witness> witnesses(CollectionState state) throws IOException {
    List<DrawerEntry> known = state.entries().stream().filter(IndexPreparation::hasVector).toList();
    var looked = new ArrayList<DrawerEntry>();
    int step = Math.max(1, known.size() / LOOKED_AT);
    for (int at = 0; at < known.size() && looked.size() < LOOKED_AT; at += step) {
      looked.add(known.get(at));
    }
    return state.read(looked).stream()
        .filter(EmbeddingTarget::canTell)
        .limit(MOST_WITNESSES)
        .map(drawer -> new Witness(drawer.document().orElseThrow(), drawer.vector().orElseThrow()))
        .toList();
  }

  private static boolean canTell(Drawer drawer) {
    return drawer
            .document()
            .filter(text -> !text.isBlank() && text.length() < LONGEST_WITNESS)
            .isPresent()
        && drawer.vector().filter(vector -> Space.length(vector.components()) > 0).isPresent();
  }

  /// {@return how many components the endpoint's vectors have, 0 when nothing could be asked}
  ///
  /// @throws PalaceException.Refused when the model cannot be the collection's
  int requireModel(Endpoint endpoint, EmbeddingClient client, Runnable look)
      throws PalaceException {
    requireName(endpoint);
    return witnesses.isEmpty() ? dimension : requireLikeness(endpoint, client, look);
  }

  private void requireName(Endpoint endpoint) throws PalaceException.Refused {
    Optional<String> recorded =
        identity
            .flatMap(function -> ModelName.contradicted(function, endpoint.model()))
            .or(() ->
                note.flatMap(found -> ModelName.contradicted(found.model(), endpoint.model())));
    if (recorded.isPresent()) {
      throw new PalaceException.Refused(
          "collection %s was made with the model %s, not with %s"
              .formatted(label, recorded.get(), endpoint.model()),
          "name that model; if the endpoint has it under another name, let it serve it under this one");
    }
    int noted = note.map(EmbeddingIdentity.Noted::dimension).orElse(0);
    if (noted > 0 && dimension > 0 && noted != dimension) {
      throw new PalaceException.Refused(
          "collection %s has vectors of %d components, and MemPalace recorded %d"
              .formatted(label, dimension, noted),
          "the collection was made with more than one model; palace cannot tell which one to ask");
    }
  }

  private int requireLikeness(Endpoint endpoint, EmbeddingClient client, Runnable look)
      throws PalaceException {
    List<float[]> given;
    try {
      given = client.embed(witnesses.stream().map(Witness::text).toList(), dimension, look);
    } catch (EmbeddingClient.TextsRefused e) {
      throw new PalaceException.Failed(
          "the embedder %s: %s".formatted(endpoint, e.getMessage()),
          "the palace is as it was; see what the endpoint expects");
    }
    var likenesses = new ArrayList<Double>();
    for (int i = 0; i < given.size(); i++) {
      likenesses.add(likeness(given.get(i), witnesses.get(i).vector().original(space)));
    }
    likenesses.sort(null);
    double middle = likenesses.get(likenesses.size() / 2);
    if (!(middle >= LEAST_LIKENESS)) {
      throw new PalaceException.Refused(
          "%s is not the model that collection %s was made with: for texts whose vectors are known it gives others (likeness %.2f, expected 1)"
              .formatted(endpoint, label, middle),
          "name the model that the palace was made with");
    }
    return given.getFirst().length;
  }

  /// The cosine of the angle between them; where lengths count, nothing for one that is longer.
  private double likeness(float[] given, float[] known) {
    double dot = 0;
    double first = 0;
    double second = 0;
    for (int i = 0; i < given.length; i++) {
      dot += (double) given[i] * known[i];
      first += (double) given[i] * given[i];
      second += (double) known[i] * known[i];
    }
    double stretch = Math.sqrt(Math.max(first, second) / Math.min(first, second));
    return space != Space.COSINE && !(stretch <= MOST_STRETCH)
        ? 0
        : dot / Math.sqrt(first * second);
  }
}
