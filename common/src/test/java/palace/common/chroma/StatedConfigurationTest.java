package palace.common.chroma;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
        "{\"float_list\":{\"vector_index\":{\"enabled\":true,\"config\":{\"space\":\"%s\",\"hnsw\":{}}}}}";
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

  /// Every one was given to Chroma 1.5.9, which cannot list collections then.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      textBlock =
          """
          "hnsw":{                  | "hnsw":{"surprise":1,
          "hnsw":{                  | "hnsw":{"ef_search":"7",
          "hnsw":{                  | "hnsw":{"batch_size":-1,
          "hnsw":{                  | "hnsw":{"sync_threshold":2.5,
          "hnsw":{                  | "hnsw":{"resize_factor":"1",
          "source_key":"#document", | "surprise":1,
          "enabled":true,           | ''
          "keys":                   | "key_overrides":{},"keys":
          """)
  void whatChromaDoesNotAcceptBreaksASchemaButIsUnderstood(String replaced, String replacement) {
    String schema =
        """
        {"defaults":{},"keys":{"#embedding":{"float_list":{"vector_index":{"enabled":true,\
        "config":{"space":"cosine","source_key":"#document","hnsw":{"max_neighbors":24}}}}}}}\
        """;
    String altered = schema.replace(replaced, replacement == null ? "" : replacement);
    assertThat(altered).isNotEqualTo(schema);

    var broken = (StatedConfiguration.Broken) StatedConfiguration.ofSchema(Optional.of(altered));

    assertThat(broken.meant().orElseThrow().index().space()).isEqualTo(Space.COSINE);
    assertThat(broken.meant().orElseThrow().index().m()).isEqualTo(24);
  }

  /// Every one was given to Chroma 1.5.9, which works with it.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"hnsw\":{\"ef_search\":null,",
        "\"hnsw\":{\"num_threads\":0,",
        "\"hnsw\":{\"sync_threshold\":1,",
        "\"hnsw\":{\"resize_factor\":-1,"
      })
  void whatChromaAcceptsIsNotBroken(String replacement) {
    String schema =
        """
        {"surprise":1,"defaults":{"surprise":1},"keys":{"#embedding":{"surprise":1,"float_list":\
        {"surprise":1,"vector_index":{"surprise":1,"enabled":false,\
        "config":{"space":"cosine","hnsw":{"max_neighbors":24}}}}}}}\
        """;

    assertThat(StatedConfiguration.ofSchema(Optional.of(schema.replace("\"hnsw\":{", replacement))))
        .isInstanceOf(StatedConfiguration.Stated.class);
  }

  /// Every one was given to Chroma 1.5.9, which cannot list collections then.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      textBlock =
          """
          "hnsw":{        | "hnsw":{"surprise":1,
          "hnsw":{        | "hnsw":{"max_neighbors":-1,
          "vector_index":{| "vector_index":{"surprise":1,
          "legacy"        | "odd"
          """)
  void whatChromaDoesNotAcceptBreaksAConfigurationButIsUnderstood(
      String replaced, String replacement) {
    String altered =
        WRITTEN_BY_1015.replace("\"max_neighbors\":32,", "").replace(replaced, replacement);

    var broken =
        (StatedConfiguration.Broken) StatedConfiguration.ofConfiguration(Optional.of(altered));

    assertThat(broken.meant().orElseThrow().index().space()).isEqualTo(Space.COSINE);
  }
}
