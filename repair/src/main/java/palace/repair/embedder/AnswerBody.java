package palace.repair.embedder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The body of a good answer, nothing of which is believed before it was checked:
///
/// ```json
/// {"data": [{"index": 0, "embedding": [0.1, …]}, …]}
/// ```
final class AnswerBody {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final int count;
  private final int dimension;

  /// @param count how many texts were sent
  /// @param dimension components that every vector must have; 0 when any size will do
  AnswerBody(int count, int dimension) {
    this.count = count;
    this.dimension = dimension;
  }

  Answer read(byte[] body) {
    JsonNode data;
    try {
      data = JSON.readTree(body).path("data");
    } catch (IOException e) {
      return again("is not JSON");
    }
    if (!data.isArray() || data.size() != count) {
      return again("has %d embeddings for %d texts".formatted(data.size(), count));
    }
    var vectors = new TreeMap<Integer, float[]>();
    for (JsonNode item : data) {
      Optional<String> problem = place(item, vectors);
      if (problem.isPresent()) {
        return again(problem.get());
      }
    }
    return judged(List.copyOf(vectors.values()));
  }

  private static Answer again(String problem) {
    return new Answer.TryAgain("its answer " + problem, Optional.empty());
  }

  private Optional<String> place(JsonNode item, Map<Integer, float[]> vectors) {
    JsonNode index = item.path("index");
    if (!index.canConvertToInt()
        || !index.isIntegralNumber()
        || index.intValue() < 0
        || index.intValue() >= count) {
      return Optional.of("has an embedding without a sound index");
    }
    if (vectors.containsKey(index.intValue())) {
      return Optional.of("has two embeddings of index " + index.intValue());
    }
    JsonNode embedding = item.path("embedding");
    if (!embedding.isArray() || embedding.isEmpty()) {
      return Optional.of("has something other than a list of numbers for an embedding");
    }
    return fill(embedding, vectors, index.intValue());
  }

  private static Optional<String> fill(JsonNode embedding, Map<Integer, float[]> vectors, int at) {
    float[] vector = new float[embedding.size()];
    boolean zero = true;
    for (int i = 0; i < vector.length; i++) {
      vector[i] = embedding.get(i).isNumber() ? embedding.get(i).floatValue() : Float.NaN;
      if (!Float.isFinite(vector[i])) {
        return Optional.of("has an embedding with something other than a finite number");
      }
      zero &= vector[i] == 0;
    }
    vectors.put(at, vector);
    return zero ? Optional.of("has an embedding of zeroes alone") : Optional.empty();
  }

  private Answer judged(List<float[]> vectors) {
    int expected = dimension > 0 ? dimension : vectors.getFirst().length;
    return vectors.stream()
        .filter(vector -> vector.length != expected)
        .findFirst()
        .<Answer>map(other -> new Answer.OtherDimension(other.length))
        .orElseGet(() -> new Answer.Vectors(vectors));
  }
}
