package palace.repair;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import palace.common.doctor.Finding;

/// One act that cures findings. Each says what it does and what it may cost; all of them change
/// rows in the transaction of a repair, and nothing else.
public sealed interface Treatment
    permits CollectionTreatment,
        DropOrphans,
        LowerCaseIds,
        NormaliseMetadata,
        PurgeQueue,
        PutPalaceBack,
        RebuildFullText,
        RecoverInterruptedWrite,
        Reindex,
        RescueDatabase,
        RestoreCatalogue,
        RestoreCollection,
        RestoreCompanions,
        RestoreMigrations,
        RestoreNumbers,
        RestoreQueueConfiguration,
        RestoreTenancy,
        RestoreTexts,
        RetireOrphans,
        Vacuum {

  /// {@return its stable name in kebab case}
  String code();

  /// {@return what it does, one sentence, lower case, without full stop}
  String act();

  /// {@return what it may cost, one sentence, lower case, without full stop}
  default String cost() {
    return "nothing is lost";
  }

  /// {@return the name of the collection it is for, when it is for one}
  default Optional<String> collection() {
    return Optional.empty();
  }

  /// {@return whether other findings can be trusted only after it: it is then applied in a
  /// transaction of its own, and the palace is examined again}
  default boolean isFoundation() {
    return false;
  }

  /// {@return whether it relies on everything else being done, and is proven}
  default boolean isLast() {
    return false;
  }

  /// {@return what it would discard although it can still be read, and is kept nowhere but in the
  /// database of the snapshot; it is then applied only when the operator accepts that}
  ///
  /// @param findings what it is to cure
  default Optional<String> discards(List<Finding> findings) {
    return Optional.empty();
  }

  /// {@return whether drawers may come to light that could not be read before}
  default boolean reveals() {
    return false;
  }

  /// Applies it inside the transaction of a repair.
  ///
  /// @param findings what it is to cure
  /// @return how many rows it changed
  long apply(Surgery surgery, List<Finding> findings) throws IOException;
}
