package palace.common.doctor;

import static palace.common.doctor.Prediction.Outcome.CRASH;
import static palace.common.doctor.Prediction.Outcome.FAILURE;
import static palace.common.doctor.Prediction.Outcome.LOSS;
import static palace.common.doctor.Prediction.Outcome.WRONG_ANSWERS;

import palace.common.hnsw.IndexFault;
import palace.common.hnsw.IndexFile;

/// Which finding about an index makes Chroma 1.5.9 do what.
final class IndexForecast {
  private static final String FAILS = "fails in every call on the collection: ";

  private static final String LOADS_WHAT_ZERO_X_CANNOT =
      "loads it; the Chroma 0.x of the palace fails in every call on it";

  private IndexForecast() {}

  static Prediction of(IndexFinding finding) {
    return switch (finding) {
      case IndexFinding.DirectoryMissing directory ->
          Forecast.dropped(directory.in(), directory.dropped());
      case IndexFinding.DirectoryMisnamed directory ->
          Forecast.dropped(directory.in(), directory.dropped());
      case IndexFinding.PickleOfOneX pickle -> Prediction.works(LOADS_WHAT_ZERO_X_CANNOT);
      case IndexFinding.PickleIncomplete pickle -> Prediction.works(LOADS_WHAT_ZERO_X_CANNOT);
      case IndexFinding.PickleMissing pickle -> Forecast.dropped(pickle.in(), pickle.dropped());
      case IndexFinding.PickleUnreadable pickle ->
          Prediction.does(FAILURE, FAILS + "Error deserializing pickle file");
      case IndexFinding.PickleHostile pickle ->
          Prediction.may(FAILURE, "does not run the code; a Chroma 0.x does");
      case IndexFinding.PickleEmptyMaps pickle -> Forecast.dropped(pickle.in(), pickle.dropped());
      case IndexFinding.Faulty faulty -> of(faulty.fault());
      case IndexFinding.LacksDrawers drawers ->
          Prediction.may(
              LOSS,
              "never finds %d drawers, and fails where their vectors are asked for"
                  .formatted(drawers.count()));
      case IndexFinding.HasGhosts ghosts ->
          Prediction.may(
              WRONG_ANSWERS,
              "answers queries with %d ids that are no drawers".formatted(ghosts.count()));
      case IndexFinding.VectorStale stale ->
          Prediction.may(
              WRONG_ANSWERS, "answers with older vectors of %d drawers".formatted(stale.count()));
      case IndexFinding.QuarantinedSibling sibling ->
          sibling.needed() == 0
              ? Prediction.works("never looks at it")
              : Prediction.may(
                  LOSS, "never looks at it: %d vectors are gone".formatted(sibling.needed()));
      case IndexFinding.VectorsMissing missing ->
          Prediction.may(LOSS, "never finds %d drawers in a query".formatted(missing.ids().size()));
    };
  }

  private static Prediction of(IndexFault fault) {
    return switch (fault) {
      case IndexFault.FileMissing file ->
          Prediction.does(FAILURE, FAILS + "Error loading hnsw index");
      case IndexFault.HeaderVersion version ->
          Prediction.does(FAILURE, FAILS + "Error loading hnsw index");
      case IndexFault.FileTooShort file when file.file() == IndexFile.LENGTH ->
          Prediction.may(CRASH, "gives vectors a false length");
      case IndexFault.FileTooShort file ->
          Prediction.may(CRASH, "answers with what memory held, fails, or crashes (SIGSEGV)");
      case IndexFault.HeaderSize header -> crash("at the first query or write");
      case IndexFault.HeaderInconsistent header ->
          Prediction.may(CRASH, "reads elements at false places: it fails or crashes (SIGSEGV)");
      case IndexFault.CountBeyondCapacity count -> crash("when it loads the index, even to count");
      case IndexFault.CountDisagreesWithFile count ->
          Prediction.may(CRASH, "fails, hangs or crashes (SIGSEGV) at a query or write");
      case IndexFault.EntryPointOutOfRange point -> crash("at the first query");
      case IndexFault.LevelWrong level ->
          Prediction.may(CRASH, "fails at a query, and crashes (SIGSEGV) at a write");
      case IndexFault.LinkListSizeImpossible list ->
          Prediction.may(CRASH, "fails at a write, and may need terabytes at the next");
      case IndexFault.LinkListsTooShort lists ->
          Prediction.may(CRASH, "fails or crashes (SIGSEGV) at a query or write");
      case IndexFault.LinkListsTooLong lists -> Prediction.works("reads only the lists themselves");
      case IndexFault.NeighbourCountTooHigh links -> crash("at the first query");
      case IndexFault.NeighbourOutOfRange links ->
          Prediction.may(CRASH, "crashes (SIGSEGV) at the first query that meets one");
      case IndexFault.NeighbourLevelTooLow links ->
          Prediction.may(CRASH, "crashes (SIGSEGV) at a query that meets one");
      case IndexFault.SelfLinks links -> Prediction.may(WRONG_ANSWERS, "searches a little worse");
      case IndexFault.DuplicateLinks links ->
          Prediction.may(WRONG_ANSWERS, "searches a little worse");
      case IndexFault.Unreachable strays when strays.harm() == IndexFault.Harm.NOTICE ->
          Prediction.works("searches as well as in any index of its own");
      case IndexFault.Unreachable strays ->
          Prediction.does(
              WRONG_ANSWERS,
              "finds %.0f %% of the true neighbours".formatted(100 * strays.recall()));
      case IndexFault.DuplicateLabels labels ->
          Prediction.may(CRASH, "answers for one drawer with the vector of another, or fails");
      case IndexFault.LabelOutOfRange labels ->
          Prediction.may(FAILURE, FAILS + "a label does not fit");
      case IndexFault.NotFinite vectors ->
          Prediction.may(WRONG_ANSWERS, "loses its way in every search that meets one");
      case IndexFault.NormWrong vectors -> Prediction.may(WRONG_ANSWERS, "gives false distances");
      case IndexFault.LengthImplausible lengths ->
          Prediction.may(LOSS, "gives the vectors a false length");
      case IndexFault.ZeroVectors vectors when vectors.harm() == IndexFault.Harm.NOTICE ->
          Prediction.works("answers with the vectors as they are");
      case IndexFault.ZeroVectors vectors ->
          Prediction.may(WRONG_ANSWERS, "finds nothing where the vectors are zero");
      case IndexFault.TotalTooLow total ->
          Prediction.may(FAILURE, "gives a new drawer the place of another, or fails to add it");
      case IndexFault.MapsDisagree maps ->
          Prediction.may(FAILURE, "answers for one drawer with another, or fails");
      case IndexFault.MappedLabelAbsent labels ->
          Prediction.may(CRASH, "fails where the vectors of such drawers are asked for");
      case IndexFault.MappedLabelDeleted labels ->
          Prediction.may(FAILURE, "fails where the vectors of such drawers are asked for");
      case IndexFault.LiveLabelUnmapped labels ->
          Prediction.may(FAILURE, "fails at a query that meets such an element");
      case IndexFault.DimensionalityDisagrees dimension ->
          Prediction.may(FAILURE, "reads the vectors with a false number of components");
    };
  }

  private static Prediction crash(String when) {
    return Prediction.does(CRASH, "crashes (SIGSEGV) " + when);
  }
}
