package palace.cli;

import palace.common.PalaceException;
import picocli.CommandLine.Option;

/// The option that bounds memory.
final class BatchOption {
  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Drawers read at a time, which bounds memory; usually ${DEFAULT-VALUE}.")
  private int size = 1000;

  /// {@return how many drawers are read at a time}
  int size() {
    return size;
  }

  void requireSound() throws PalaceException {
    if (size < 1) {
      throw new PalaceException.Usage(
          "--batch-size " + size + ": a batch needs at least one drawer", "");
    }
  }
}
