package palace.common.doctor;

/// A finding about the table `migrations`, which Chroma compares byte for byte at every start (S2).
public sealed interface MigrationFinding extends Finding {
  /// {@return `sysdb`, `metadb` or `embeddings_queue`}
  String dir();

  /// {@return version within the directory}
  int version();

  /// {@return directory and version, as in `metadb/00005`}
  default String migration() {
    return "%s/%05d".formatted(dir(), version());
  }

  /// A recorded text differs from the one every release has.
  record TextAltered(String dir, int version) implements MigrationFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("migration-text-altered", Threat.REFUSAL);
    }

    @Override
    public String sentence() {
      return "the recorded text of migration %s is not Chroma's".formatted(migration());
    }
  }

  /// The text is right but its recorded hash is not.
  ///
  /// @param sha256 whether it is the text's SHA-256, which only a Chroma set up that way accepts
  record WrongHash(String dir, int version, String found, String expected, boolean sha256)
      implements MigrationFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("migration-wrong-hash", Threat.REFUSAL);
    }

    @Override
    public String sentence() {
      return "migration %s is recorded with %s %s instead of %s"
          .formatted(migration(), sha256 ? "the SHA-256 hash" : "hash", found, expected);
    }
  }

  /// A row is missing between others.
  record Gap(String dir, int version) implements MigrationFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("migration-gap", Threat.REFUSAL);
    }

    @Override
    public String sentence() {
      return "migration %s is not recorded although later ones are".formatted(migration());
    }
  }

  /// The newest row is missing although its effect is there: the next Chroma applies it again,
  /// which fails, or in the case of `metadb/00005` poisons every sequence number.
  ///
  /// @param effect what in the database shows that it was applied
  record NewestMissing(String dir, int version, String effect) implements MigrationFinding {
    @Override
    public Nature nature() {
      boolean poisons = dir.equals("metadb") && version == 5;
      return Nature.fatal(
          "migration-newest-missing", poisons ? Threat.SILENT_LOSS : Threat.REFUSAL);
    }

    @Override
    public String sentence() {
      return "migration %s is not recorded although it was applied: %s"
          .formatted(migration(), effect);
    }
  }

  /// A migration is recorded but what it makes is not there.
  ///
  /// @param lacking the table or column that should be there
  record HalfDone(String dir, int version, String lacking) implements MigrationFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("migration-half-done", Threat.FAILURE);
    }

    @Override
    public String sentence() {
      return "migration %s is recorded but %s is missing".formatted(migration(), lacking);
    }
  }

  /// The palace was made by exactly Chroma 0.4.0, whose `metadb/00001` every later release refuses.
  record Of040(String dir, int version) implements MigrationFinding {
    @Override
    public Nature nature() {
      return Nature.damage("migration-of-0.4.0", Threat.REFUSAL);
    }

    @Override
    public String sentence() {
      return "migration %s is that of Chroma 0.4.0: every later Chroma refuses the palace"
          .formatted(migration());
    }
  }
}
