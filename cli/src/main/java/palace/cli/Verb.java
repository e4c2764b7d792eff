package palace.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import palace.common.PalaceException;
import palace.common.Progress;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// What is said to `palace`: finds the palace, lets the subclass answer, and speaks.
abstract class Verb implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(arity = "0..1", paramLabel = "DIR", description = "The palace, as with --palace.")
  private Optional<Path> directory = Optional.empty();

  /// {@return what there is to say in the end}
  abstract Answer answer(Path palace) throws IOException;

  @Override
  public final Integer call() throws IOException {
    requireSoundOptions();
    options().applyToLog();
    PalaceLocation location = PalaceLocation.find(named(), root().environment(), speech()::warn);
    if (options().verbose()) {
      speech().say("palace: " + location.palace() + ", named by " + location.source());
    }
    return speech().give(answer(location.palace()));
  }

  /// {@return the verb as it is typed, `snapshot create`, or `palace` where there is none}
  static String name(CommandSpec spec) {
    return spec.parent() == null || spec.parent().parent() == null
        ? spec.name()
        : name(spec.parent()) + " " + spec.name();
  }

  private PalaceCommand root() {
    return (PalaceCommand) spec.root().userObject();
  }

  /// {@return the options that every verb has}
  final GlobalOptions options() {
    return root().options();
  }

  /// {@return how to speak}
  final Speech speech() {
    return root().speech(name(spec));
  }

  /// {@return what shows how far long work is}
  final Progress progress() {
    return root().progress();
  }

  /// Says that from now on there may be something to undo when a signal comes.
  final void beginChanging() {
    root().cancellation().changing();
  }

  /// {@return who can be asked}
  final Terminal terminal() {
    return root().terminal();
  }

  /// Throws wrong usage where an option's value makes no sense.
  void requireSoundOptions() throws PalaceException {
    if (options().waitSeconds() < 0) {
      throw new PalaceException.Usage(
          "--wait " + options().waitSeconds() + ": expected a number of seconds, 0 or more", "");
    }
  }

  private Optional<Path> named() throws PalaceException {
    Optional<Path> option = options().palace();
    if (directory.isPresent() && option.isPresent() && !directory.equals(option)) {
      throw new PalaceException.Usage(
          "two palaces are named: " + option.get() + " and " + directory.get(),
          "name the palace once, with --palace DIR or as the last argument");
    }
    return directory.or(() -> option);
  }
}
