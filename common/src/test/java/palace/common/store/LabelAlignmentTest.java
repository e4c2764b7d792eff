package palace.common.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LabelAlignmentTest {
  private static List<Long> labels(long... labels) {
    return LongStream.of(labels).boxed().toList();
  }

  private static List<LabelAlignment.Row> rows(long... rowIds) {
    return LongStream.of(rowIds).mapToObj(id -> new LabelAlignment.Row(id, "r" + id)).toList();
  }

  @Test
  void labelsAndRowsOfTheSameNumberPairInOrder() {
    assertThat(LabelAlignment.align(labels(1, 2, 5), rows(10, 11, 14)))
        .contains(Map.of("r10", 1L, "r11", 2L, "r14", 5L));
  }

  @Test
  void rowsOfOtherCollectionsInBetweenDoNotMatter() {
    assertThat(LabelAlignment.align(labels(1, 2, 3), rows(10, 40, 41)))
        .contains(Map.of("r10", 1L, "r40", 2L, "r41", 3L));
  }

  @Test
  void aRecordDeletedLaterLeavesALabelWithoutARow() {
    assertThat(LabelAlignment.align(labels(1, 2, 3, 4), rows(10, 11, 13)))
        .contains(Map.of("r10", 1L, "r11", 2L, "r13", 4L));
  }

  @Test
  void moreRowsThanLabelsProveNothing() {
    assertThat(LabelAlignment.align(labels(1, 2), rows(10, 11, 12))).isEmpty();
  }

  @Test
  void noRowsProveNothing() {
    assertThat(LabelAlignment.align(labels(1), rows())).isEmpty();
  }
}
