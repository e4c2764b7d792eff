package palace.common.doctor;

import java.nio.file.Path;
import java.util.Optional;

/// One thing that the doctor says is wrong with a palace, or worth knowing about it. One record per
/// kind, with its facts; the branches follow what has to be treated.
public sealed interface Finding
    permits CatalogueFinding,
        CollectionFinding,
        DatabaseFinding,
        DirectoryFinding,
        FullTextFinding,
        MigrationFinding,
        QueueFinding,
        RowFinding {

  /// {@return code, severity and threat}
  Nature nature();

  /// {@return one sentence for an operator, lower case, without full stop}
  String sentence();

  /// {@return stable name in kebab case}
  default String code() {
    return nature().code();
  }

  /// {@return how bad it is}
  default Severity severity() {
    return nature().severity();
  }

  /// {@return what it does to whoever goes on using the palace}
  default Threat threatens() {
    return nature().threat();
  }

  /// {@return the name of the collection it is about, when it is about one}
  default Optional<String> collection() {
    return Optional.empty();
  }

  /// {@return the file or directory it is about, when it is about one}
  default Optional<Path> where() {
    return Optional.empty();
  }
}
