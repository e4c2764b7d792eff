package palace.repair;

import java.io.IOException;
import java.util.Optional;

/// One act that cures findings. Each says what it does and what it may cost; all of them change
/// rows in the one transaction of a repair, and nothing else.
public sealed interface Treatment
    permits CollectionTreatment,
        DropOrphans,
        LowerCaseIds,
        NormaliseMetadata,
        RebuildFullText,
        RecoverInterruptedWrite,
        Reindex,
        RestoreMigrations,
        RestoreQueueConfiguration,
        RestoreTenancy {

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

  /// Applies it inside the transaction of a repair.
  ///
  /// @return how many rows it changed
  long apply(Surgery surgery) throws IOException;
}
