package palace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Finding;
import palace.common.doctor.Prediction;
import palace.common.doctor.Prediction.Outcome;

/// What real Chroma was seen to do with a damaged palace that nobody treated, from
/// `chroma-outcomes.tsv`, which says how it was measured.
///
/// @param damage the damage
/// @param word the word of `oracle/baseline.py` for the worst that was seen
/// @param missing how many vectors were missing where that first showed, -1 where none were counted
record MeasuredOutcome(String damage, String word, int missing) {
  private static final Path TABLE = Path.of("src", "test", "resources", "chroma-outcomes.tsv");

  /// The judge writes to the palace before it counts: it brings some vectors back.
  private static final int BROUGHT_BACK = 4;

  static Optional<MeasuredOutcome> of(String damage) throws IOException {
    return Files.readAllLines(TABLE).stream()
        .filter(line -> line.startsWith(damage + "\t"))
        .map(line -> line.split("\t"))
        .map(row ->
            new MeasuredOutcome(row[0], row[1], row[3].equals("-") ? -1 : Integer.parseInt(row[3])))
        .findFirst();
  }

  private Outcome outcome() {
    return switch (word) {
      case "works" -> Outcome.WORKS;
      case "WRONG" -> Outcome.WRONG_ANSWERS;
      case "LOSES", "DEAF" -> Outcome.LOSS;
      case "FAILS", "ALL FAIL", "NO WRITES" -> Outcome.FAILURE;
      case "KILLED", "HANGS" -> Outcome.CRASH;
      case "REFUSES" -> Outcome.REFUSAL;
      default -> throw new IllegalArgumentException(word);
    };
  }

  /// What is certain must have been seen at least, and nothing worse than the worst that is
  /// predicted. Where Chroma answers, the judge calls false answers and losses by either name.
  void requireNotDenied(Diagnosis diagnosis) {
    List<Prediction> predictions = diagnosis.findings().stream().map(Prediction::of).toList();
    Outcome worst = worst(predictions);
    Outcome certain = worst(predictions.stream().filter(Prediction::certain).toList());
    assertThat(outcome())
        .as("%s: seen %s, predicted %s", damage, word, predictions)
        .isBetween(leniently(certain, Outcome.WRONG_ANSWERS), leniently(worst, Outcome.LOSS));
    if (missing >= 0) {
      requireCount(diagnosis);
    }
  }

  private static Outcome worst(List<Prediction> predictions) {
    return predictions.stream()
        .map(Prediction::outcome)
        .max(Outcome::compareTo)
        .orElse(Outcome.WORKS);
  }

  private static Outcome leniently(Outcome outcome, Outcome either) {
    boolean answersFalsely = outcome == Outcome.WRONG_ANSWERS || outcome == Outcome.LOSS;
    return answersFalsely ? either : outcome;
  }

  /// A sentence that promises a number of lost vectors must promise the one that was seen.
  private void requireCount(Diagnosis diagnosis) {
    for (Finding finding : diagnosis.findings()) {
      var number =
          Pattern.compile("drops (\\d+) vectors").matcher(Prediction.of(finding).sentence());
      if (number.find()) {
        assertThat(Integer.parseInt(number.group(1)))
            .as("%s: %s", damage, Prediction.of(finding))
            .isBetween(missing, missing + BROUGHT_BACK);
      }
    }
  }
}
