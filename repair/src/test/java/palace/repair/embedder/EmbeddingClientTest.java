package palace.repair.embedder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import palace.common.PalaceException;
import palace.repair.EmbedderServer;
import palace.repair.EmbedderServer.Manner;

/// What a client makes of each way in which an endpoint can answer.
class EmbeddingClientTest {
  private static final List<String> TEXTS = List.of("one", "two");
  private static final float[] ONE = {1, 0.5f, 1e-7f};
  private static final float[] TWO = {-3.4028235e38f, 0.1f, 2};

  private EmbedderServer server;

  @BeforeEach
  void start() throws Exception {
    server = new EmbedderServer(Map.of("one", ONE, "two", TWO));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private List<float[]> embed(int dimension, Runnable look) throws Exception {
    var pace =
        new Pace(
            8,
            1_000,
            Duration.ofSeconds(5),
            Duration.ofMillis(700),
            3,
            Duration.ofMillis(5),
            Duration.ofMillis(300));
    try (var client =
        new EmbeddingClient(Endpoint.at(server.url() + "/v1", "m", Optional.empty()), pace)) {
      return client.embed(TEXTS, dimension, look);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Manner.class,
      names = {"UNAUTHORISED", "REFUSE_TEXTS", "SHORT_VECTORS"},
      mode = EnumSource.Mode.EXCLUDE)
  void oneBadAnswerIsOutlasted(Manner manner) throws Exception {
    server.first(manner);

    assertThat(embed(3, () -> {})).containsExactly(ONE, TWO);
    assertThat(server.asked())
        .hasSize(manner == Manner.RIGHT || manner == Manner.BACKWARDS ? 1 : 2);
  }

  @ParameterizedTest
  @EnumSource(
      value = Manner.class,
      names = {"RIGHT", "BACKWARDS", "REFUSE_TEXTS", "SHORT_VECTORS"},
      mode = EnumSource.Mode.EXCLUDE)
  void badAnswersWithoutEndAreAFailureAfterSoManyAttempts(Manner manner) {
    server.always(manner);

    assertThatThrownBy(() -> embed(3, () -> {})).isInstanceOf(PalaceException.Failed.class);
    assertThat(server.asked()).hasSize(manner == Manner.UNAUTHORISED ? 1 : 3);
  }

  @Test
  void vectorsOfAnotherSizeAreRefusedAtOnce() {
    server.always(Manner.SHORT_VECTORS);

    assertThatThrownBy(() -> embed(3, () -> {})).isInstanceOf(PalaceException.Refused.class);
    assertThat(server.asked()).hasSize(1);
  }

  @Test
  void textsThatAreRefusedAreSaidToBe() {
    server.always(Manner.REFUSE_TEXTS);

    assertThatThrownBy(() -> embed(3, () -> {}))
        .isInstanceOf(EmbeddingClient.TextsRefused.class)
        .hasMessageContaining("413: too long");
  }

  @Test
  void aPauseThatTheEndpointAsksForIsKeptUpToABound() throws Exception {
    server.first(Manner.TOO_MANY);
    long start = System.nanoTime();

    embed(3, () -> {});

    // It asks for a second; the pace allows 300 ms, and would by itself wait for 5.
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(300));
  }

  @Test
  void aSignalEndsTheWaitingForAnAnswer() {
    server.always(Manner.STALL);
    int[] looked = {0};

    assertThatThrownBy(() ->
            embed(
                3,
                () -> {
                  if (++looked[0] > 2) {
                    throw new CancellationException("a signal came");
                  }
                }))
        .isInstanceOf(CancellationException.class);
    assertThat(server.asked()).hasSizeLessThanOrEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "http://h:1, http://h:1/v1/embeddings",
    "http://h/, http://h/v1/embeddings",
    "https://h/v1, https://h/v1/embeddings",
    "https://h/v1/, https://h/v1/embeddings",
    "https://h/api/v1/embeddings, https://h/api/v1/embeddings",
    "https://h/openai, https://h/openai/v1/embeddings",
  })
  void anAddressIsCompleted(String given, String address) {
    assertThat(Endpoint.at(given, "m", Optional.empty()).address()).hasToString(address);
  }

  @Test
  void noTextOfAnEndpointShowsItsKey() {
    assertThat(Endpoint.at("http://h", "m", Optional.of("secret")).toString())
        .doesNotContain("secret");
  }

  @ParameterizedTest
  @CsvSource({
    "minilm, all-MiniLM-L6-v2, true",
    "minilm, all-minilm:latest, true",
    "minilm, sentence-transformers/all-MiniLM-L6-v2-GGUF, true",
    "minilm, nomic-embed-text, false",
    "embeddinggemma, google/embeddinggemma:300m, true",
    "embeddinggemma, all-minilm, false",
    "text-embedding-3-small, text-embedding-3-large, false",
    "openai-compat, anything, true",
  })
  void aNameContradictsARecordedModelOrNot(String recorded, String named, boolean fits) {
    assertThat(ModelName.contradicted(recorded, named).isEmpty()).isEqualTo(fits);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"type":"legacy"}                                                                | any          | true
          {"type":"known","name":"default","config":{}}                                    | all-minilm   | true
          {"type":"known","name":"default","config":{}}                                    | nomic        | false
          {"type":"known","name":"ollama","config":{"model_name":"nomic-embed-text","url":"u"}} | nomic-embed-text:v1.5 | true
          {"type":"known","name":"openai","config":{"model_name":"text-embedding-3-small"}} | text-embedding-ada-002 | false
          {"type":"known","name":"openai","config":{}}                                     | any          | true
          """)
  void chromasRecordOfItsFunctionIsUnderstood(String identity, String named, boolean fits)
      throws Exception {
    var json = new com.fasterxml.jackson.databind.ObjectMapper().readTree(identity);

    assertThat(ModelName.contradicted(json, named).isEmpty()).isEqualTo(fits);
  }
}
