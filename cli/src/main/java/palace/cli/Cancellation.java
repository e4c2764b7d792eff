package palace.cli;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import palace.common.Progress;

/// Lets a signal end a run between two units of its work, so that it can undo what it began. The
/// process then ends with the exit code of the signal, 130 for an interrupt.
///
/// The run is not interrupted as a thread: that would close files in the middle of an exchange.
final class Cancellation {
  private static final long PATIENCE_SECONDS = 60;

  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile boolean wanted;

  /// From now on a signal waits until the run has ended.
  void onSignal() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::await, "cancellation"));
  }

  /// Says that the run has ended.
  void finished() {
    finished.countDown();
  }

  private void await() {
    wanted = true;
    try {
      if (!finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// {@return the same display, whose steps throw [CancellationException] once a signal came}
  Progress watching(Progress display) {
    return (task, total, unit) -> {
      throwIfWanted();
      return watching(display.start(task, total, unit));
    };
  }

  private Progress.Step watching(Progress.Step step) {
    return new Progress.Step() {
      @Override
      public void advance(long count) {
        throwIfWanted();
        step.advance(count);
      }

      @Override
      public void close() {
        step.close();
      }
    };
  }

  private void throwIfWanted() {
    if (wanted) {
      throw new CancellationException("a signal came");
    }
  }
}
