package palace.common.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchPagerTest {
  @Test
  void theOffsetAdvancesByTheRowsThatCameAndAnEmptyBatchEnds() throws IOException {
    Iterator<Integer> sizes = List.of(5000, 3, 5000, 1, 0).iterator();
    List<Long> offsets = new ArrayList<>();
    var pager =
        new BatchPager<Integer>(
            (offset, limit) -> {
              offsets.add(offset);
              return IntStream.range((int) offset, (int) offset + sizes.next()).boxed().toList();
            },
            5000);
    List<Integer> rows = new ArrayList<>();

    pager.forEachBatch(rows::addAll);

    assertThat(rows).isEqualTo(IntStream.range(0, 10_004).boxed().toList());
    assertThat(offsets).containsExactly(0L, 5000L, 5003L, 10_003L, 10_004L);
  }

  @Test
  void aBatchOfNothingIsRefused() {
    assertThatThrownBy(() -> new BatchPager<>((offset, limit) -> List.of(), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
