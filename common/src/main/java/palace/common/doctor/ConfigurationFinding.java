package palace.common.doctor;

import palace.common.hnsw.Space;

/// A finding about how a collection's index is configured, and its dimension (S5, S6).
public sealed interface ConfigurationFinding extends CollectionFinding {
  /// `schema_str` cannot be read; Chroma refuses even to list collections.
  record SchemaBroken(CollectionName in, String reason) implements ConfigurationFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("schema-broken", Threat.REFUSAL);
    }

    @Override
    public String sentence() {
      return "schema_str of collection %s cannot be used: %s".formatted(in, reason);
    }
  }

  /// `config_json_str` cannot be read; Chroma refuses even to list collections.
  record ConfigurationBroken(CollectionName in, String reason) implements ConfigurationFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("configuration-broken", Threat.REFUSAL);
    }

    @Override
    public String sentence() {
      return "config_json_str of collection %s cannot be used: %s".formatted(in, reason);
    }
  }

  /// Chroma uses another space than the vectors were stored for, or than the collection was made
  /// with.
  ///
  /// @param effective what Chroma of this level uses
  /// @param believed what is true
  /// @param proven whether the stored vectors prove it; else the collection's own metadata says so
  record SpaceContradicted(CollectionName in, Space effective, Space believed, boolean proven)
      implements ConfigurationFinding {
    @Override
    public Nature nature() {
      return proven
          ? Nature.damage("space-contradicted", Threat.WRONG_ANSWERS)
          : Nature.notice("space-contradicted", Threat.WRONG_ANSWERS);
    }

    @Override
    public String sentence() {
      return "Chroma takes collection %s for %s, but %s %s"
          .formatted(
              in,
              effective.chromaName(),
              proven ? "its vectors are stored as" : "its metadata says",
              believed.chromaName());
    }
  }

  /// An `hnsw:` key of the vector segment's metadata that Chroma does not accept.
  record SegmentMetadataUnusable(CollectionName in, String key, String reason)
      implements ConfigurationFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("segment-metadata-unusable", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "segment metadata %s of collection %s makes Chroma fail: %s"
          .formatted(key, in, reason);
    }
  }

  /// The dimension is NULL although vectors exist: Chroma 1.x takes the collection for never
  /// written.
  record DimensionNull(CollectionName in, int dimension) implements ConfigurationFinding {
    @Override
    public Nature nature() {
      return Nature.damage("dimension-null", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "collection %s has no dimension although it holds vectors of %d components"
          .formatted(in, dimension);
    }
  }

  /// The dimension is not that of the vectors.
  record DimensionWrong(CollectionName in, int stated, int dimension)
      implements ConfigurationFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("dimension-wrong", Threat.WRONG_ANSWERS);
    }

    @Override
    public String sentence() {
      return "collection %s states dimension %d, its vectors have %d components"
          .formatted(in, stated, dimension);
    }
  }
}
