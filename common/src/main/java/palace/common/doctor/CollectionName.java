package palace.common.doctor;

import palace.common.chroma.CollectionRow;

/// Which collection a finding is about; names are unique only within one database.
///
/// @param id `collections.id`, as it stands
/// @param name what the operator calls it
public record CollectionName(String id, String name) {
  static CollectionName of(CollectionRow row) {
    return new CollectionName(row.id(), row.name());
  }

  @Override
  public String toString() {
    return name;
  }
}
