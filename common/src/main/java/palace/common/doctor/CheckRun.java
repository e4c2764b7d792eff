package palace.common.doctor;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import palace.common.Progress;
import palace.common.chroma.ChromaDatabase;

/// Makes checks that do not depend on each other, as many at a time as there are connections, and
/// lists what they found in the order of the checks, whatever ended first.
///
/// A check that throws, or that takes longer or more memory than it may, is one that was not made.
/// It is told to end; where it does not, its thread is left behind (it does not keep the process
/// alive) and another takes its place.
final class CheckRun {
  private static final long LOOK_MILLIS = 5;
  private static final long UNIT_OF_MEMORY = 1L << 20;

  private final Examination whole;
  private final Readers readers;
  private final CheckBounds bounds;
  private final Semaphore memory;
  private final int mostMemory;
  private final Deque<CheckAttempt> waiting = new ArrayDeque<>();
  private final Set<CheckAttempt> leftBehind = new HashSet<>();
  private int workers;

  CheckRun(Examination whole, Readers readers, CheckBounds bounds) {
    this.whole = whole;
    this.readers = readers;
    this.bounds = bounds;
    mostMemory = units(bounds.memory());
    memory = new Semaphore(mostMemory, true);
  }

  private static int units(long bytes) {
    return (int) Math.clamp(bytes / UNIT_OF_MEMORY, 1, Integer.MAX_VALUE);
  }

  /// Makes checks and returns when each is made or given up.
  void make(List<CheckUnit> units, Progress.Step step) {
    List<CheckAttempt> attempts = units.stream().map(CheckAttempt::new).toList();
    synchronized (this) {
      attempts.stream()
          .sorted(Comparator.comparingLong((CheckAttempt one) -> one.unit().memory()).reversed())
          .forEach(waiting::add);
    }
    try {
      int wanted = Math.min(readers.atATime(), attempts.size());
      for (int i = 0; i < wanted; i++) {
        startWorker();
      }
      watch(attempts, step);
    } finally {
      endAll(attempts);
    }
    attempts.forEach(attempt -> attempt.into(whole));
  }

  private void watch(List<CheckAttempt> attempts, Progress.Step step) {
    long settled = 0;
    while (settled < attempts.size()) {
      pause();
      attempts.forEach(this::bound);
      giveUpWhatNobodyCanMake(attempts);
      long now = attempts.stream().filter(CheckAttempt::isSettled).count();
      for (; settled < now; settled++) {
        step.advance(1);
      }
    }
  }

  private synchronized void pause() {
    try {
      wait(LOOK_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      waiting.forEach(attempt -> attempt.giveUp("the examination was interrupted"));
      waiting.clear();
    }
  }

  private void bound(CheckAttempt attempt) {
    if (attempt.lingers()) {
      attempt.interrupt();
      if (attempt.hasRunFor(bounds.time().plus(bounds.grace()))) {
        leaveBehind(attempt);
      }
    } else if (!attempt.isSettled() && attempt.hasRunFor(bounds.time())) {
      attempt.giveUp("it took longer than %d s".formatted(Math.max(1, bounds.time().toSeconds())));
      attempt.interrupt();
    }
  }

  /// Its memory counts as free, or others would wait for it for ever.
  private synchronized void leaveBehind(CheckAttempt attempt) {
    if (leftBehind.add(attempt)) {
      readers.leaveBehind();
      memory.release(permits(attempt));
      workers--;
      if (leftBehind.size() <= readers.spare()) {
        startWorker();
      }
    }
  }

  private synchronized void giveUpWhatNobodyCanMake(List<CheckAttempt> attempts) {
    boolean busy = attempts.stream().anyMatch(attempt -> attempt.lingers() && !isLeft(attempt));
    if (workers == 0 && !busy) {
      attempts.forEach(attempt -> attempt.giveUp("no connection is left to make it through"));
      waiting.clear();
    }
  }

  private synchronized boolean isLeft(CheckAttempt attempt) {
    return leftBehind.contains(attempt);
  }

  /// A check that is told to end has the grace to do so before its connection is closed. One that
  /// is made has its thread still on the way to give its connection back: until then it cannot be
  /// closed, and open it would keep this process itself from writing.
  private void endAll(List<CheckAttempt> attempts) {
    synchronized (this) {
      waiting.clear();
    }
    attempts.forEach(attempt -> attempt.giveUp("the examination was stopped"));
    long end = System.nanoTime() + bounds.grace().toNanos();
    while (isAnyoneAtWork() && System.nanoTime() < end) {
      attempts.stream().filter(CheckAttempt::lingers).forEach(CheckAttempt::interrupt);
      pause();
    }
    if (isAnyoneAtWork()) {
      readers.leaveBehind();
    }
  }

  private synchronized boolean isAnyoneAtWork() {
    return workers > 0;
  }

  private synchronized void startWorker() {
    workers++;
    Thread.ofPlatform().daemon().name("check").start(this::work);
  }

  private void work() {
    boolean left = false;
    try {
      left = makeWhatWaits();
    } catch (IOException e) {
      // The other workers make what this one would have made.
    } finally {
      if (!left) {
        retire();
      }
    }
  }

  /// {@return whether this thread was left behind}
  private boolean makeWhatWaits() throws IOException {
    ChromaDatabase reader = readers.borrow();
    try {
      Optional<CheckAttempt> next = next();
      while (next.isPresent()) {
        make(next.get(), reader);
        if (isLeft(next.get())) {
          return true;
        }
        next = next();
      }
      return false;
    } finally {
      readers.giveBack(reader);
    }
  }

  private synchronized Optional<CheckAttempt> next() {
    return Optional.ofNullable(waiting.poll());
  }

  private synchronized void retire() {
    workers--;
    notifyAll();
  }

  private void make(CheckAttempt attempt, ChromaDatabase reader) {
    if (attempt.unit().memory() > bounds.memory()) {
      attempt.giveUp(
          "it needs about %d MiB of memory and may have %d; PALACE_JAVA_OPTS=-Xmx… gives it more"
              .formatted(units(attempt.unit().memory()), units(bounds.memory())));
      return;
    }
    memory.acquireUninterruptibly(permits(attempt));
    try {
      attempt.make(whole.part(reader));
    } finally {
      ended(attempt);
    }
  }

  private synchronized void ended(CheckAttempt attempt) {
    if (!leftBehind.contains(attempt)) {
      memory.release(permits(attempt));
    }
    notifyAll();
  }

  private int permits(CheckAttempt attempt) {
    return Math.min(mostMemory, units(attempt.unit().memory()));
  }
}
