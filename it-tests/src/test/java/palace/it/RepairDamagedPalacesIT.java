package palace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Palaces of real Chroma, broken in the ways that users met: the doctor names the damage, repair
/// cures it, the release that wrote it and real Chroma 1.5.9 find everything that had a source
/// left, and the doctor is silent the second time.
@Execution(ExecutionMode.CONCURRENT)
class RepairDamagedPalacesIT {
  private static final String JUDGE = "1.5.9";

  private static final List<String> DAMAGES =
      List.of(
          "dir_deleted_log_full",
          "dir_deleted_log_purged",
          "dir_deleted_never_persists",
          "dir_quarantined",
          "dir_quarantined_hollow",
          "siblings_hold_parts",
          "sibling_is_older",
          "pickle_missing",
          "pickle_missing_log_full",
          "pickle_truncated",
          "pickle_empty_file",
          "pickle_garbage",
          "pickle_hostile",
          "pickle_empty_maps",
          "pickle_total_low",
          "pickle_older_than_bins",
          "header_missing",
          "level0_missing",
          "length_missing",
          "links_missing",
          "header_truncated",
          "header_zero",
          "level0_truncated_first",
          "level0_truncated_half",
          "level0_truncated_tail",
          "level0_zero",
          "level0_zero_block",
          "length_truncated",
          "length_zero",
          "links_truncated_half",
          "links_truncated_byte",
          "links_empty",
          "links_giant_size",
          "links_sparse_terabyte",
          "header_count_high",
          "header_count_low",
          "header_max_small",
          "header_entry_point",
          "header_max_level",
          "header_version",
          "header_dimension",
          "neighbours_out_of_range",
          "neighbour_count_over",
          "neighbours_cleared",
          "ghosts",
          "divergence_log_purged",
          "divergence_log_full",
          "vectors_nan",
          "poison_both",
          "poison_vector",
          "poison_metadata",
          "blob_max_seq",
          "vector_row_high",
          "metadata_row_high",
          "fts_table_missing",
          "fts_content_differs",
          "fts_wrong_rowids",
          "fts_empty",
          "fts_index_damaged",
          "hot_journal",
          "wal_unmerged",
          "table_page_zero",
          "embeddings_page_garbage",
          "log_page_garbage",
          "index_page_zero",
          "index_page_wrong",
          "sqlite_header_scrambled",
          "sqlite_truncated",
          "migration_040_row",
          "migration_text_altered",
          "tenant_missing",
          "dimension_null",
          "dir_quarantined+metadata_empty",
          "segments_missing",
          "segment_vector_other_id",
          "segment_metadata_no_uuid",
          "segment_of_nobody",
          "segment_of_another",
          "segment_scope_other",
          "drawers_of_nobody",
          "collection_other_id",
          "log_topic_of_nobody");

  /// What 1.5.9 does not mind, or what is only in palaces of 0.6.3.
  private static final List<String> DAMAGES_FOR_ZERO_X =
      List.of("pickle_no_dimension", "vector_row_missing", "segment_metadata_null");

  static Stream<Arguments> cases() {
    List<String> sources = Oracle.isExhaustive() ? List.of("1.5.9", "0.6.3") : List.of("1.5.9");
    return Stream.concat(
        sources.stream()
            .flatMap(source -> DAMAGES.stream().map(damage -> Arguments.of(source, damage))),
        DAMAGES_FOR_ZERO_X.stream().map(damage -> Arguments.of("0.6.3", damage)));
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("cases")
  void realChromaFindsEverythingThatHadASourceLeft(String source, String damage) throws Exception {
    Oracle.assumeEnvironment(JUDGE);
    Oracle.assumeEnvironment(source);
    var arguments =
        new ArrayList<>(
            List.of(
                "--palace-cmd",
                Oracle.PALACE.toString(),
                "--source",
                source,
                "--damage",
                damage,
                "--judge",
                "own",
                "--judge",
                JUDGE,
                "--jobs",
                "1"));
    if (!Oracle.isExhaustive()) {
      arguments.add("--read-only");
    }

    var answer = Oracle.script("cure", arguments.toArray(String[]::new));

    assertThat(answer.exitCode()).as("%s", answer).isZero();
  }
}
