package palace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.ShellWord;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// What is said to `palace`: finds the palace, lets the subclass answer, and speaks.
abstract class Verb implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "+",
      arity = "0..1",
      paramLabel = "DIR",
      description = "The palace, as with --palace.")
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
    List<String> settled = settle(location.palace());
    settled.forEach(speech()::tell);
    return speech().give(told(location.palace()).recovering(settled));
  }

  private List<String> settle(Path palace) throws IOException {
    if (!settlesFirst() || !Window.isOpen(palace)) {
      return List.of();
    }
    beginChanging();
    return Window.close(palace, name(spec), options().patience());
  }

  private Answer told(Path palace) throws IOException {
    try {
      return answer(palace);
    } catch (PalaceException.Refused e) {
      if (Files.exists(palace, LinkOption.NOFOLLOW_LINKS) || !Snapshots.anyOf(palace)) {
        throw e;
      }
      throw new PalaceException.Refused(
          String.valueOf(e.getMessage()),
          "snapshots of it are kept: palace snapshot list " + ShellWord.quote(palace),
          e);
    }
  }

  /// {@return whether a palace that is missing because a run was killed is put back before this
  /// verb looks at it}
  boolean settlesFirst() {
    return true;
  }

  /// {@return the palace that is named after the verb}
  Optional<Path> directory() {
    return directory;
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

  /// {@return what the process was born with}
  final Environment environment() {
    return root().environment();
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
    Optional<Path> argument = directory();
    if (argument.isPresent() && option.isPresent() && !argument.equals(option)) {
      throw new PalaceException.Usage(
          "two palaces are named: " + option.get() + " and " + argument.get(),
          "name the palace once, with --palace DIR or as the last argument");
    }
    return argument.or(() -> option);
  }
}
