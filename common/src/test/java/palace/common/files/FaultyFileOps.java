package palace.common.files;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The real file system behind a wall that fails chosen steps. Steps are counted from 1.
public final class FaultyFileOps implements FileOps {
  /// One step as a protocol asked for it.
  public record Step(int number, String operation, List<Path> paths) {
    @Override
    public String toString() {
      return number + " " + operation + paths.stream().map(p -> " " + p.getFileName()).toList();
    }
  }

  /// What happens at a step instead of, before or after the real thing.
  @FunctionalInterface
  public interface Fault {
    /// Does nothing, throws, or runs the real step and then throws.
    void at(Step step, Action real) throws IOException;
  }

  /// The real step.
  @FunctionalInterface
  public interface Action {
    /// Runs it.
    void run() throws IOException;
  }

  private final FileOps real = FileOps.real();
  private final List<Step> steps = new ArrayList<>();
  private final Fault fault;
  private Exchanging exchanging = Exchanging.YES;
  private Optional<Path> unwatched = Optional.empty();

  private enum Exchanging {
    YES,
    REFUSED,
    OFF
  }

  /// The process is gone: nothing that comes after has any effect.
  public static final class Halted extends Error {
    private static final long serialVersionUID = 1L;

    /// Halted at that step.
    public Halted(Step step) {
      super(step.toString());
    }
  }

  /// All steps go through the fault.
  public FaultyFileOps(Fault fault) {
    this.fault = fault;
  }

  /// {@return a wall that only counts}
  public static FaultyFileOps counting() {
    return new FaultyFileOps((step, action) -> action.run());
  }

  /// {@return a wall behind which the process dies at a step, before or after the real thing, so
  /// that no later step does anything}
  public static FaultyFileOps haltingAt(int number, boolean performed) {
    return new FaultyFileOps((step, action) -> {
      if (step.number() < number || step.number() == number && performed) {
        action.run();
      }
      if (step.number() >= number) {
        throw new Halted(step);
      }
    });
  }

  /// Makes it a file system on which nobody even tries to exchange two names.
  public FaultyFileOps withoutExchange() {
    exchanging = Exchanging.OFF;
    return this;
  }

  /// Makes it a file system that turns out not to be able to exchange two names.
  public FaultyFileOps refusingExchange() {
    exchanging = Exchanging.REFUSED;
    return this;
  }

  /// Leaves out the steps that only touch what is in this directory, and the directory itself: they
  /// are neither counted nor failed.
  public FaultyFileOps unwatched(Path directory) {
    unwatched = Optional.of(directory);
    return this;
  }

  /// {@return the steps so far}
  public List<Step> steps() {
    return List.copyOf(steps);
  }

  private void step(String operation, Action action, Path... paths) throws IOException {
    if (unwatched.isPresent()
        && Arrays.stream(paths).allMatch(path -> path.startsWith(unwatched.get()))) {
      action.run();
      return;
    }
    var step = new Step(steps.size() + 1, operation, List.of(paths));
    steps.add(step);
    fault.at(step, action);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    step("createDirectory", () -> real.createDirectory(directory), directory);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    step("rename", () -> real.rename(from, to), from, to);
  }

  @Override
  public boolean exchange(Path left, Path right) throws IOException {
    boolean[] done = new boolean[1];
    step(
        "exchange",
        () -> done[0] = exchanging == Exchanging.YES && real.exchange(left, right),
        left,
        right);
    return done[0];
  }

  @Override
  public boolean mayExchange() {
    return exchanging != Exchanging.OFF;
  }

  @Override
  public void link(Path existing, Path name) throws IOException {
    step("link", () -> real.link(existing, name), existing, name);
  }

  @Override
  public void force(Path entry) throws IOException {
    step("force", () -> real.force(entry), entry);
  }

  @Override
  public void writeNew(Path file, byte[] content) throws IOException {
    step("writeNew", () -> real.writeNew(file, content), file);
  }

  @Override
  public long copyTree(Path source, Path target) throws IOException {
    long[] bytes = new long[1];
    step("copyTree", () -> bytes[0] = real.copyTree(source, target), source, target);
    return bytes[0];
  }

  @Override
  public void delete(Path entry) throws IOException {
    step("delete", () -> real.delete(entry), entry);
  }
}
