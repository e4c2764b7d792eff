package palace.common.doctor;

/// A finding about tenants, databases and the rows that tie collections and segments together (S3,
/// S4, S18).
public sealed interface CatalogueFinding extends Finding {
  /// A tenant that Chroma or a database refers to has no row.
  record TenantMissing(String tenant) implements CatalogueFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("tenant-missing", Threat.REFUSAL);
    }

    @Override
    public String sentence() {
      return "tenant %s has no row".formatted(tenant);
    }
  }

  /// A database that Chroma or a collection refers to has no row.
  ///
  /// @param database its id, or `default_database` when the default one is gone
  record DatabaseMissing(String database) implements CatalogueFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("database-missing", Threat.REFUSAL);
    }

    @Override
    public String sentence() {
      return "database %s has no row".formatted(database);
    }
  }

  /// A collection to which nothing belongs, while segments with drawers, or the queue, name one
  /// that does not exist.
  ///
  /// @param rightful the id that they name
  record CollectionIdWrong(CollectionName in, String rightful) implements CatalogueFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("collection-id-wrong", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "collection %s has the id \"%s\", but its segments and drawers say %s"
          .formatted(in, in.id(), rightful);
    }
  }

  /// Segments with drawers, of a collection without a row.
  ///
  /// @param drawers rows of drawers, and of the queue
  record CollectionRowMissing(String id, long drawers) implements CatalogueFinding {
    @Override
    public Nature nature() {
      return Nature.damage("collection-row-missing", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "the row of a collection is missing, of which there are segments and %d drawers or writes: %s"
          .formatted(drawers, id);
    }
  }

  /// An id is no UUID: Chroma 1.x fails whenever it lists the table.
  record IdNotUuid(String table, String id) implements CatalogueFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("id-not-uuid", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "an id in table %s is no UUID: \"%s\"".formatted(table, id);
    }
  }

  /// An id is written with capitals: Chroma finds neither its metadata nor its files.
  record IdUpperCase(String table, String id) implements CatalogueFinding {
    @Override
    public Nature nature() {
      return Nature.damage("id-upper-case", Threat.WRONG_ANSWERS);
    }

    @Override
    public String sentence() {
      return "id %s in table %s has capitals, which Chroma never writes".formatted(id, table);
    }
  }

  /// Segments of collections that do not exist.
  record OrphanSegments(long count, String firstId) implements CatalogueFinding {
    @Override
    public Nature nature() {
      return Nature.notice("orphan-segment-rows", Threat.SPACE);
    }

    @Override
    public String sentence() {
      return "%d segments belong to collections that do not exist, first %s"
          .formatted(count, firstId);
    }
  }

  /// Rows of a small table whose segment or collection does not exist.
  record OrphanCatalogueRows(String table, long count) implements CatalogueFinding {
    @Override
    public Nature nature() {
      return Nature.notice("orphan-catalogue-rows", Threat.SPACE);
    }

    @Override
    public String sentence() {
      return "%d rows of %s belong to nothing that exists".formatted(count, table);
    }
  }
}
