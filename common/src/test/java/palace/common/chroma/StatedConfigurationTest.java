package palace.common.chroma;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import palace.common.hnsw.Space;

/// What Chroma 1.5.9 accepts, ignores and refuses, as it was observed.
class StatedConfigurationTest {
  private static final String WRITTEN_BY_063 =
      """
      {"hnsw_configuration": {"space": "l2", "ef_construction": 100, "ef_search": 100, "num_threads": 2, "M": 16, "resize_factor": 1.2,
       "batch_size": 100, "sync_threshold": 1000, "_type": "HNSWConfigurationInternal"}, "_type": "CollectionConfigurationInternal"}\
      """;
  private static final String WRITTEN_BY_1015 =
      """
      {"vector_index":{"hnsw":{"space":"cosine","ef_construction":100,"ef_search":100,"max_neighbors":32,"resize_factor":1.2,
       "sync_threshold":1000}},"embedding_function":{"type":"legacy"}}\
      """;

  @Test
  void theConfigurationOfPythonCoresIsIgnoredBecauseItLies() {
    assertThat(StatedConfiguration.ofConfiguration(Optional.of(WRITTEN_BY_063)))
        .isInstanceOf(StatedConfiguration.Nothing.class);
  }

  @Test
  void theConfigurationOfEarlyRustCoresIsRead() {
    var stated =
        (StatedConfiguration.Stated)
            StatedConfiguration.ofConfiguration(Optional.of(WRITTEN_BY_1015));

    assertThat(stated.index().space()).isEqualTo(Space.COSINE);
    assertThat(stated.index().m()).isEqualTo(32);
    assertThat(stated.embeddingFunction().orElseThrow().path("type").asText()).isEqualTo("legacy");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "null", "{\"vector_index\":", "{\"vector_index\":{\"spann\":{}}}", "[]"})
  void configurationsThatChromaRefusesAreBroken(String text) {
    assertThat(StatedConfiguration.ofConfiguration(Optional.of(text)))
        .isInstanceOf(StatedConfiguration.Broken.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", "null"})
  void schemasThatChromaIgnoresSayNothing(String text) {
    assertThat(StatedConfiguration.ofSchema(Optional.of(text)))
        .isInstanceOf(StatedConfiguration.Nothing.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"defaults\":{},\"keys\":{}}", "{\"defaults\":{\"string\""})
  void schemasThatChromaRefusesAreBroken(String text) {
    assertThat(StatedConfiguration.ofSchema(Optional.of(text)))
        .isInstanceOf(StatedConfiguration.Broken.class);
  }

  @Test
  void aSchemaOfTheEmbeddingKeyAloneIsEnough() {
    String schema =
        """
        {"defaults":{},"keys":{"#embedding":{"float_list":{"vector_index":{"enabled":true,
         "config":{"space":"cosine","source_key":"#document","hnsw":{}}}}}}}\
        """;

    var stated = (StatedConfiguration.Stated) StatedConfiguration.ofSchema(Optional.of(schema));

    assertThat(stated.index()).isEqualTo(IndexConfiguration.DEFAULT.withSpace(Space.COSINE));
  }

  @Test
  void theEmbeddingKeyGoesBeforeTheDefaultsAndMayBeCalledByItsOlderName() {
    String index =
        "{\"float_list\":{\"vector_index\":{\"config\":{\"space\":\"%s\",\"hnsw\":{}}}}}";
    String schema =
        "{\"defaults\":"
            + index.formatted("l2")
            + ",\"key_overrides\":{\"#embedding\":"
            + index.formatted("ip")
            + "}}";

    var stated = (StatedConfiguration.Stated) StatedConfiguration.ofSchema(Optional.of(schema));

    assertThat(stated.index().space()).isEqualTo(Space.IP);
  }

  @Test
  void aWrittenSchemaKeepsWhatItSaidAboutKeysAndStatesTheSpaceInBothPlaces() {
    String index =
        "{\"float_list\":{\"vector_index\":{\"enabled\":true,\"config\":{\"space\":\"l2\",\"hnsw\":{}}}}}";
    String present =
        "{\"defaults\":"
            + index
            + ",\"keys\":{\"#embedding\":"
            + index
            + ",\"wing\":{\"string\":{\"mine\":true}}}}";

    String written =
        ConfigurationText.schema(
            IndexConfiguration.DEFAULT.withSpace(Space.COSINE),
            Optional.empty(),
            Optional.of(present));

    assertThat(written)
        .contains("\"wing\":{\"string\":{\"mine\":true}}")
        .doesNotContain("\"space\":\"l2\"");
    assertThat(written.split("\"space\":\"cosine\"", -1)).hasSize(3);
  }

  @Test
  void aBrokenSchemaIsWrittenAnew() {
    String written =
        ConfigurationText.schema(
            IndexConfiguration.DEFAULT.withSpace(Space.IP), Optional.empty(), Optional.of("{}"));

    assertThat(StatedConfiguration.ofSchema(Optional.of(written)))
        .isInstanceOf(StatedConfiguration.Stated.class);
    assertThat(written).contains("\"fts_index\":{\"enabled\":true,\"config\":{}}");
  }
}
