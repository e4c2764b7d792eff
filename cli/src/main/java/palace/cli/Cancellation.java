package palace.cli;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import palace.common.Progress;

/// Lets a signal end a run between two units of its work, so that it can undo what it began. The
/// process then ends with the exit code of the signal, 130 for an interrupt.
///
/// The run is not interrupted as a thread, except where it sleeps: an interrupt closes the file
/// that is being read or written, and that may be in the middle of an exchange.
final class Cancellation {
  private static final long READING_MILLIS = 1_000;
  private static final long CHANGING_MILLIS = 60_000;
  private static final long LOOK_MILLIS = 50;

  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile boolean wanted;
  private volatile boolean changing;

  /// From now on a signal waits until the run, which the calling thread makes, has ended.
  void onSignal() {
    Thread run = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> await(run), "cancellation"));
  }

  /// Says that from now on there may be something to undo.
  void changing() {
    changing = true;
  }

  /// Says that the run has ended.
  void finished() {
    finished.countDown();
  }

  private void await(Thread run) {
    wanted = true;
    long patience = changing ? CHANGING_MILLIS : READING_MILLIS;
    try {
      for (long waited = 0; waited < patience; waited += LOOK_MILLIS) {
        if (finished.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
          return;
        }
        if (run.getState() == Thread.State.TIMED_WAITING) {
          run.interrupt();
        }
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
