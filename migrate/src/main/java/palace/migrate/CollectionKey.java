package palace.migrate;

import palace.common.store.CollectionState;

/// What tells a collection from all others: names are unique only within a database.
record CollectionKey(String tenant, String database, String name) {
  static CollectionKey of(CollectionState state) {
    return new CollectionKey(state.row().tenant(), state.row().database(), state.name());
  }
}
