package palace.common.chroma;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class QueueMetadataTest {
  private static QueueMetadata.Changes changes(String json) {
    return (QueueMetadata.Changes) QueueMetadata.parse(Optional.of(json));
  }

  @Test
  void numbersKeepTheTypeTheyWereWrittenWith() {
    var changes =
        changes("{\"i\": 1, \"f\": 1.0, \"big\": 9223372036854775807, \"b\": true, \"s\": \"1\"}")
            .changes();

    assertThat(changes.get("i")).contains(new MetadataValue.Whole(1));
    assertThat(changes.get("f")).contains(new MetadataValue.Real(1.0));
    assertThat(changes.get("big")).contains(new MetadataValue.Whole(Long.MAX_VALUE));
    assertThat(changes.get("b")).contains(new MetadataValue.Flag(true));
    assertThat(changes.get("s")).contains(new MetadataValue.Text("1"));
  }

  @Test
  void anIntegerBeyondSixtyFourBitsBecomesAFloatAsInChroma() {
    assertThat(changes("{\"n\": 9223372036854775808}").changes().get("n"))
        .contains(new MetadataValue.Real(0x1p63));
  }

  @Test
  void nullDeletesItsKey() {
    assertThat(changes("{\"chroma:document\": null}").changes().get("chroma:document")).isEmpty();
  }

  @Test
  void whatNoChromaCanHoldIsNamedAndTheRestIsKept() {
    var changes =
        changes(
            "{\"nan\": NaN, \"top\": Infinity, \"deep\": {\"er\": 1}, \"mixed\": [1, \"two\"], \"wing\": \"atlas\"}");

    assertThat(changes.unsupported()).containsExactly("nan", "top", "deep", "mixed");
    assertThat(changes.changes()).containsOnlyKeys("wing");
  }

  @Test
  void listsOfOneTypeAreLists() {
    assertThat(changes("{\"tags\": [\"a\", \"b\"]}").changes().get("tags"))
        .contains(
            new MetadataValue.Listing(
                List.of(new MetadataValue.Text("a"), new MetadataValue.Text("b"))));
  }

  @Test
  void brokenJsonIsBrokenAndNullIsNoChange() {
    assertThat(QueueMetadata.parse(Optional.of("{\"wing\": \"atl")))
        .isInstanceOf(QueueMetadata.Broken.class);
    assertThat(QueueMetadata.parse(Optional.of("[1]"))).isInstanceOf(QueueMetadata.Broken.class);
    assertThat(QueueMetadata.parse(Optional.empty()))
        .isEqualTo(new QueueMetadata.Changes(java.util.Map.of(), List.of()));
  }
}
