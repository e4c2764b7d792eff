package palace.common.doctor;

/// A finding about the rows of drawers and their metadata (S14, S15).
public sealed interface RowFinding extends Finding {
  /// Rows of `embeddings` whose segment is no metadata segment of a collection; Python releases
  // leave
  /// them behind when they delete a collection.
  record OrphanEmbeddings(long count, long firstRow) implements RowFinding {
    @Override
    public Nature nature() {
      return Nature.notice("orphan-embeddings", Threat.SPACE);
    }

    @Override
    public String sentence() {
      return "%d rows of embeddings belong to no collection, first row %d"
          .formatted(count, firstRow);
    }
  }

  /// Rows of `embedding_metadata` without a drawer: a later drawer that gets the row's id inherits
  /// them.
  record OrphanMetadata(long count, long firstRow) implements RowFinding {
    @Override
    public Nature nature() {
      return Nature.damage("orphan-metadata", Threat.WRONG_ANSWERS);
    }

    @Override
    public String sentence() {
      return ("%d rows of embedding_metadata belong to no drawer and leak into future ones, "
              + "first row %d")
          .formatted(count, firstRow);
    }
  }

  /// The same in `embedding_metadata_array`, where Chroma itself leaves them behind when it deletes
  /// a collection.
  record OrphanArrayMetadata(long count, long firstRow) implements RowFinding {
    @Override
    public Nature nature() {
      return Nature.damage("orphan-array-metadata", Threat.WRONG_ANSWERS);
    }

    @Override
    public String sentence() {
      return ("%d rows of embedding_metadata_array belong to no drawer and leak into future "
              + "ones, first row %d")
          .formatted(count, firstRow);
    }
  }

  /// Metadata with values in several of the typed columns.
  record MetadataTwoTypes(long count, long firstRow, String firstKey) implements RowFinding {
    @Override
    public Nature nature() {
      return Nature.damage("metadata-two-types", Threat.WRONG_ANSWERS);
    }

    @Override
    public String sentence() {
      return "%d metadata values have several types, first key %s of row %d"
          .formatted(count, firstKey, firstRow);
    }
  }

  /// Metadata with a value in none of the typed columns, which every release drops; SQLite keeps
  // NaN
  /// so.
  record MetadataEmptyRow(long count, long firstRow, String firstKey) implements RowFinding {
    @Override
    public Nature nature() {
      return Nature.notice("metadata-empty-row", Threat.NONE);
    }

    @Override
    public String sentence() {
      return "%d metadata rows have no value, first key %s of row %d"
          .formatted(count, firstKey, firstRow);
    }
  }

  /// Texts that are no UTF-8, or that are stored as BLOBs: every release fails at them.
  record TextUnreadable(String table, long count, long firstRow) implements RowFinding {
    @Override
    public Nature nature() {
      return Nature.damage("text-not-utf8", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "%d texts in %s are no UTF-8 or stored as BLOBs, first row %d"
          .formatted(count, table, firstRow);
    }
  }

  /// Cells that are no number, no vector or no time where Chroma reads one.
  record NumberUnreadable(String table, long count, long firstRow) implements RowFinding {
    @Override
    public Nature nature() {
      return Nature.damage("number-unreadable", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "%d rows of %s hold something else where a number, a vector or a time belongs, first row %d"
          .formatted(count, table, firstRow);
    }
  }

  /// A key that a drawer has both as one value and as a list.
  record MetadataInTwoTables(long count, long firstRow, String firstKey) implements RowFinding {
    @Override
    public Nature nature() {
      return Nature.damage("metadata-in-two-tables", Threat.WRONG_ANSWERS);
    }

    @Override
    public String sentence() {
      return "%d metadata keys are both a value and a list, first key %s of row %d"
          .formatted(count, firstKey, firstRow);
    }
  }
}
