package palace.common.files;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
  private boolean exchanging = true;

  /// All steps go through the fault.
  public FaultyFileOps(Fault fault) {
    this.fault = fault;
  }

  /// {@return a wall that only counts}
  public static FaultyFileOps counting() {
    return new FaultyFileOps((step, action) -> action.run());
  }

  /// Makes it a file system that cannot exchange two names.
  public FaultyFileOps withoutExchange() {
    exchanging = false;
    return this;
  }

  /// {@return the steps so far}
  public List<Step> steps() {
    return List.copyOf(steps);
  }

  private void step(String operation, Action action, Path... paths) throws IOException {
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
    step("exchange", () -> done[0] = exchanging && real.exchange(left, right), left, right);
    return done[0];
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
