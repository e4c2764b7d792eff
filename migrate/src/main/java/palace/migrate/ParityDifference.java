package palace.migrate;

/// One way in which a build is not its source.
sealed interface ParityDifference {
  /// {@return it in words}
  String sentence();

  /// A collection is not in the build.
  record CollectionMissing(String collection) implements ParityDifference {
    @Override
    public String sentence() {
      return "collection " + collection + " is missing";
    }
  }

  /// A collection is in the build only.
  record CollectionExtra(String collection) implements ParityDifference {
    @Override
    public String sentence() {
      return "collection " + collection + " is not in the source";
    }
  }

  /// Something about a collection is not the same.
  record Setting(String collection, String what, String source, String build)
      implements ParityDifference {
    @Override
    public String sentence() {
      return collection + ": " + what + " is " + build + ", expected " + source;
    }
  }

  /// A drawer is not in the build.
  record DrawerMissing(String collection, String id) implements ParityDifference {
    @Override
    public String sentence() {
      return collection + ": drawer " + id + " is missing";
    }
  }

  /// A drawer is in the build only.
  record DrawerExtra(String collection, String id) implements ParityDifference {
    @Override
    public String sentence() {
      return collection + ": drawer " + id + " should not be there";
    }
  }

  /// A value of a drawer, its document among them, is not the same or not of the same type.
  record Value(String collection, String id, String key, String source, String build)
      implements ParityDifference {
    @Override
    public String sentence() {
      return collection + ": drawer " + id + ": " + key + " is " + build + ", expected " + source;
    }
  }

  /// A vector differs.
  ///
  /// @param component the first that differs, the number of components when only the length does,
  ///   -1 when one side has no vector
  record Vector(String collection, String id, int component) implements ParityDifference {
    @Override
    public String sentence() {
      return collection
          + ": drawer "
          + id
          + ": "
          + (component < 0 ? "its vector is missing" : "its vector differs from " + component);
    }
  }
}
