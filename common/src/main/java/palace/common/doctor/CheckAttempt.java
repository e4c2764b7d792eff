package palace.common.doctor;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import palace.common.chroma.ChromaDatabase;

/// One check on its way: waiting, being made by a thread, made, or given up. What a check that was
/// given up does afterwards counts for nothing.
final class CheckAttempt {
  private final CheckUnit unit;
  private Optional<Thread> maker = Optional.empty();
  private Optional<ChromaDatabase> reader = Optional.empty();
  private Optional<Examination> made = Optional.empty();
  private Optional<String> givenUp = Optional.empty();
  private boolean ended;
  private long began;

  CheckAttempt(CheckUnit unit) {
    this.unit = unit;
  }

  CheckUnit unit() {
    return unit;
  }

  /// Makes the check on the calling thread.
  void make(Examination part) {
    if (begin(part.database())) {
      try {
        unit.work().make(part);
        end(Optional.of(part), "");
      } catch (IOException | RuntimeException e) {
        part.notRun(new NotRun(unit.name(), part.said(e), unit.essential()));
        end(Optional.of(part), "");
      } catch (OutOfMemoryError e) {
        end(Optional.empty(), "it needs more memory than Java may use");
      } catch (Error e) {
        end(Optional.empty(), e.getClass().getSimpleName());
      }
    }
  }

  private synchronized boolean begin(ChromaDatabase through) {
    if (givenUp.isPresent()) {
      return false;
    }
    maker = Optional.of(Thread.currentThread());
    reader = Optional.of(through);
    began = System.nanoTime();
    return true;
  }

  private synchronized void end(Optional<Examination> part, String failure) {
    if (givenUp.isEmpty()) {
      made = part;
      givenUp = part.isPresent() ? Optional.empty() : Optional.of(failure);
    }
    ended = true;
    reader = Optional.empty();
    // An interrupt that came too late must not meet the next check of this thread.
    Thread.interrupted();
  }

  /// {@return whether the check is made or given up}
  synchronized boolean isSettled() {
    return made.isPresent() || givenUp.isPresent();
  }

  /// {@return whether the check has run for longer than a time}
  synchronized boolean hasRunFor(Duration time) {
    return maker.isPresent() && System.nanoTime() - began > time.toNanos();
  }

  /// Gives the check up, unless it is made.
  synchronized void giveUp(String reason) {
    if (!isSettled()) {
      givenUp = Optional.of(reason);
    }
  }

  /// {@return whether a thread is still busy with the check although it was given up}
  synchronized boolean lingers() {
    return givenUp.isPresent() && maker.isPresent() && !ended;
  }

  /// Tells the thread to end. It is asked again and again, because SQLite forgets at the end of
  /// each statement.
  synchronized void interrupt() {
    if (!ended && maker.isPresent()) {
      try {
        if (reader.isPresent()) {
          reader.get().interrupt();
        }
      } catch (IOException e) {
        // The connection is closed already, which ends a statement as well.
      }
      maker.get().interrupt();
    }
  }

  /// Adds what came of it to the whole.
  synchronized void into(Examination whole) {
    made.ifPresent(whole::take);
    givenUp.ifPresent(reason -> whole.notRun(new NotRun(unit.name(), reason, unit.essential())));
  }
}
