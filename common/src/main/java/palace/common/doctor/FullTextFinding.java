package palace.common.doctor;

/// A finding about `embedding_fulltext_search`, on which alone document filters are evaluated (S1,
/// S16).
public sealed interface FullTextFinding extends Finding {
  /// The table, or one of those SQLite keeps it in, does not exist.
  record Missing(String table) implements FullTextFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("full-text-missing", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "the full-text table %s is missing".formatted(table);
    }
  }

  /// Its inverted index is not that of its texts: the next write of a document may fail for good.
  record IndexDamaged(String reason) implements FullTextFinding {
    @Override
    public Nature nature() {
      return Nature.damage("full-text-index-damaged", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "the full-text index is damaged: " + reason;
    }
  }

  /// Its rows are not those of the documents.
  ///
  /// @param lacking documents that it does not have
  /// @param surplus rows that belong to no document: of a drawer without one, or where the next
  ///   drawers will be
  /// @param different documents that it has with another text
  record Differs(long lacking, long surplus, long different) implements FullTextFinding {
    @Override
    public Nature nature() {
      return Nature.damage("full-text-differs", Threat.WRONG_ANSWERS);
    }

    @Override
    public String sentence() {
      return ("the full-text table lacks %d documents, has %d rows without one and %d with "
              + "another text")
          .formatted(lacking, surplus, different);
    }
  }

  /// Texts of drawers that were deleted, which releases before 0.5.6 leave behind. Nothing finds
  /// them, because no drawer will get their rowids.
  record Leftovers(long count) implements FullTextFinding {
    @Override
    public Nature nature() {
      return Nature.notice("full-text-leftovers", Threat.SPACE);
    }

    @Override
    public String sentence() {
      return "the full-text table keeps the texts of %d deleted drawers".formatted(count);
    }
  }
}
