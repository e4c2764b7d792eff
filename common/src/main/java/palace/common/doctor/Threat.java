package palace.common.doctor;

/// What a finding does to whoever goes on using the palace as it is.
public enum Threat {
  /// Nothing.
  NONE("nothing"),
  /// Room on the disk is wasted.
  SPACE("wastes space"),
  /// Queries, filters or reads give false answers.
  WRONG_ANSWERS("gives wrong answers"),
  /// Drawers or vectors vanish at the next opening or write, and nobody is told.
  SILENT_LOSS("loses drawers or vectors silently"),
  /// Operations on a collection, or on all, fail.
  FAILURE("makes operations fail"),
  /// Chroma does not open the palace.
  REFUSAL("makes Chroma refuse the palace"),
  /// The process that loads the palace dies.
  CRASH("kills the process that opens it");

  private final String sentence;

  Threat(String sentence) {
    this.sentence = sentence;
  }

  /// {@return what it does, as a predicate: "gives wrong answers"}
  public String sentence() {
    return sentence;
  }
}
