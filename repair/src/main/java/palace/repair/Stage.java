package palace.repair;

import java.util.Comparator;
import java.util.List;

/// When in a repair a treatment has its turn. The palace is examined anew between two of them.
enum Stage {
  /// Rows can be read and compared only after it.
  READING,
  /// Other findings can be trusted only after it.
  FOUNDATION,
  /// Most treatments, indexes among them.
  TREATMENT,
  /// What relies on everything else being done.
  LAST;

  static Stage of(Treatment treatment) {
    if (treatment instanceof RecoverInterruptedWrite
        || treatment instanceof RestoreTexts
        || treatment instanceof RestoreNumbers
        || treatment instanceof Reindex) {
      return READING;
    }
    if (treatment.isFoundation()) {
      return FOUNDATION;
    }
    return treatment.isLast() ? LAST : TREATMENT;
  }

  /// {@return the stage that a plan begins with}
  static Stage first(List<Treatment> treatments) {
    return treatments.stream().map(Stage::of).min(Comparator.naturalOrder()).orElse(TREATMENT);
  }

  /// {@return what is left to be asked after this stage}
  RepairRequest rest(RepairRequest request) {
    return switch (this) {
      case READING -> request;
      case FOUNDATION -> request.afterFoundations();
      case TREATMENT -> request.afterTreatments();
      case LAST -> request.afterAll();
    };
  }
}
