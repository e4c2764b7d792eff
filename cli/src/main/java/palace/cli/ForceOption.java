package palace.cli;

import picocli.CommandLine.Option;

/// The option against signs of use that may be stale.
final class ForceOption {
  @Option(
      names = "--force",
      description =
          "Go on in spite of signs of use that may be stale, such as a server's note of itself. A"
              + " held lock, an open file or a running transaction is never overridden.")
  private boolean force;

  /// {@return whether such signs are overridden}
  boolean given() {
    return force;
  }
}
