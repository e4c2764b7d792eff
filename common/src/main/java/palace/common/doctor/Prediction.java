package palace.common.doctor;

import java.util.List;
import java.util.Optional;

/// What Chroma 1.5.9 does with a palace that has a finding, if nobody treats it. Every prediction
/// was compared with what that Chroma was seen to do.
///
/// @param outcome the worst that it does
/// @param certain whether it does that for sure; else it may do less, as memory and chance have it
/// @param sentence the same in words, as the predicate of "Chroma 1.5.9"
public record Prediction(Outcome outcome, boolean certain, String sentence) {
  /// The release that is spoken of.
  public static final String CHROMA = "Chroma 1.5.9";

  /// What becomes of whoever uses the palace, the mildest first.
  public enum Outcome {
    /// Everything works.
    WORKS,
    /// It answers, but falsely.
    WRONG_ANSWERS,
    /// It answers, but drawers, documents or vectors are gone or will be, and nobody is told.
    LOSS,
    /// Calls end with an error.
    FAILURE,
    /// The process dies or hangs.
    CRASH,
    /// The client does not start.
    REFUSAL
  }

  static Prediction works(String sentence) {
    return new Prediction(Outcome.WORKS, true, sentence);
  }

  static Prediction does(Outcome outcome, String sentence) {
    return new Prediction(outcome, true, sentence);
  }

  static Prediction may(Outcome outcome, String sentence) {
    return new Prediction(outcome, false, sentence);
  }

  /// {@return what Chroma does with a finding, by all that was seen}
  public static Prediction of(Finding finding) {
    return Forecast.of(finding);
  }

  /// {@return the worst of what it does with several findings; of two as bad ones the one that is
  /// certain; empty without findings}
  public static Optional<Prediction> worstOf(List<Finding> findings) {
    return findings.stream()
        .map(Prediction::of)
        .reduce((worst, other) -> isWorse(other, worst) ? other : worst);
  }

  private static boolean isWorse(Prediction one, Prediction other) {
    int difference = one.outcome().compareTo(other.outcome());
    return difference > 0 || difference == 0 && one.certain() && !other.certain();
  }

  /// {@return the whole sentence, without full stop}
  @Override
  public String toString() {
    return CHROMA + " " + sentence;
  }
}
