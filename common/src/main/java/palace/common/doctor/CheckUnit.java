package palace.common.doctor;

import java.io.IOException;

/// A check that can be made by itself, on any thread and through any connection to the database.
///
/// @param name what is looked at, as it is said when it could not be
/// @param essential whether nobody may call the palace healthy without it
/// @param memory bytes that it needs, roughly; what needs most is begun first
/// @param work the check
record CheckUnit(String name, boolean essential, long memory, Work work) {
  /// What a check does.
  @FunctionalInterface
  interface Work {
    void make(Examination examination) throws IOException;
  }

  /// {@return a check that holds next to nothing in memory and that nobody may skip}
  static CheckUnit of(String name, Work work) {
    return new CheckUnit(name, true, 0, work);
  }

  /// {@return the same as one without which a palace may be called healthy}
  static CheckUnit optional(String name, Work work) {
    return new CheckUnit(name, false, 0, work);
  }
}
