package palace.cli;

import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import palace.common.ExitCode;
import palace.common.Progress;
import palace.common.lock.PalaceLock;

/// Lets SIGINT, SIGTERM and SIGHUP end a run between two units of its work, so that it can undo
/// what it began. Where it works in units it is cancelled, and the process ends with 130. Where it
/// exchanges palaces there are no units: it finishes, and the process ends with the run's own exit
/// code. Left to itself the JVM would end with the number of the signal whatever was achieved.
///
/// The run is not interrupted as a thread, except where it waits for a lock: an interrupt closes
/// the file that is being read or written, and that may be in the middle of an exchange.
final class Cancellation {
  private static final long READING_MILLIS = 1_000;
  private static final long LOOK_MILLIS = 50;

  private final CountDownLatch finished = new CountDownLatch(1);
  private final Consumer<String> talk;
  private volatile boolean wanted;
  private volatile boolean changing;
  private volatile boolean exiting;
  private volatile int exitCode = ExitCode.CANCELLED.code();

  /// A cancellation that tells what it waits for.
  Cancellation(Consumer<String> talk) {
    this.talk = talk;
  }

  /// From now on a signal waits until the run, which the calling thread makes, has ended.
  void onSignal() {
    Thread run = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(run), "cancellation"));
  }

  /// Says that from now on there may be something to undo.
  void changing() {
    changing = true;
  }

  /// {@return whether a signal came}
  boolean isWanted() {
    return wanted;
  }

  /// Says that the run has ended and all was said; the process ends next, with this exit code.
  void finished(int code) {
    exitCode = code;
    finished.countDown();
  }

  /// Says that the shutdown which follows is the usual one.
  void exiting() {
    exiting = true;
  }

  private void end(Thread run) {
    if (!exiting) {
      wanted = true;
      await(run);
      Runtime.getRuntime().halt(exitCode);
    }
  }

  /// What only looks is left alone after a moment; what changes something is waited for however
  /// long it takes: killing it remains possible, and is settled by the next command.
  private void await(Thread run) {
    if (changing && finished.getCount() > 0) {
      talk.accept("palace: stopping: what was begun is undone or finished first");
    }
    try {
      for (long waited = 0; changing || waited < READING_MILLIS; waited += LOOK_MILLIS) {
        if (finished.await(LOOK_MILLIS, TimeUnit.MILLISECONDS) || !run.isAlive()) {
          return;
        }
        if (waitsForALock(run)) {
          run.interrupt();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean waitsForALock(Thread run) {
    return run.getState() == Thread.State.TIMED_WAITING
        && Arrays.stream(run.getStackTrace())
            .anyMatch(frame -> frame.getClassName().equals(PalaceLock.class.getName()));
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
