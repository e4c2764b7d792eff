package palace.it;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// Many hostile inputs for one reader, each made from a seed of its own, so that a failure can be
/// made again by itself.
///
/// Every input has a bound of time and one of memory: what its thread allocates in all, garbage
/// included. Properties: `palace.fuzz.minutes` goes on with further seeds for so long,
/// `palace.fuzz.seed` runs one seed only, and with either of them the figures are printed.
final class Campaign {
  private static final long FIRST_SEED = 20_261_121L;
  private static final long MINUTES = Long.getLong("palace.fuzz.minutes", 0);
  private static final Long ONLY = Long.getLong("palace.fuzz.seed");
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final String name;
  private final int usual;
  private final Duration longest;
  private final long mostBytes;
  private final Map<String, Long> kinds = new TreeMap<>();
  private long inputs;
  private long peakBytes;
  private long slowestNanos;

  /// @param name what is read
  /// @param usual how many inputs an ordinary run tries
  /// @param longest the most time for one input
  /// @param mostBytes the most memory that one input may allocate
  Campaign(String name, int usual, Duration longest, long mostBytes) {
    this.name = name;
    this.usual = usual;
    this.longest = longest;
    this.mostBytes = mostBytes;
  }

  /// Reads one input.
  @FunctionalInterface
  interface Attempt {
    /// {@return in a word what the reader made of the input} What it throws is a defect.
    String read(Random random) throws Exception;
  }

  /// Runs an attempt for every seed.
  void run(Attempt attempt) throws Exception {
    long usualEnd = FIRST_SEED + usual;
    long last = MINUTES > 0 ? Long.MAX_VALUE : usualEnd;
    run(LongStream.range(FIRST_SEED, last), seed -> attempt.read(new Random(seed)));
  }

  /// Reads one of a list of inputs.
  @FunctionalInterface
  interface Choice {
    /// {@return in a word what the reader made of the input with that number}
    String read(int number) throws Exception;
  }

  /// Runs an attempt for every number of a list that is made once, in an order that does not follow
  /// the list: an ordinary run tries its beginning, `palace.all` and `palace.fuzz.minutes` the
  /// whole.
  void sweep(int size, Choice choice) throws Exception {
    var order = new ArrayList<Integer>();
    IntStream.range(0, size).forEach(order::add);
    Collections.shuffle(order, new Random(FIRST_SEED));
    boolean whole = MINUTES > 0 || Boolean.getBoolean("palace.all");
    int most = whole ? size : Math.min(size, usual);
    run(
        order.stream().limit(most).mapToLong(Integer::longValue),
        number -> choice.read((int) number));
  }

  @FunctionalInterface
  private interface Numbered {
    String read(long number) throws Exception;
  }

  private void run(LongStream numbers, Numbered attempt) throws Exception {
    long began = System.nanoTime();
    long end = MINUTES > 0 ? began + TimeUnit.MINUTES.toNanos(MINUTES) : Long.MAX_VALUE;
    ExecutorService worker = Executors.newSingleThreadExecutor(Campaign::daemon);
    try {
      var each = (ONLY == null ? numbers : LongStream.of(ONLY)).iterator();
      while (each.hasNext() && System.nanoTime() < end) {
        long number = each.nextLong();
        if (inputs == 0) {
          // Loading classes is counted, too, and whether they are loaded depends on who ran before.
          measured(worker, attempt, number);
        }
        add(measured(worker, attempt, number), number);
      }
    } finally {
      worker.shutdownNow();
    }
    if (MINUTES > 0 || ONLY != null) {
      System.err.println(figures(System.nanoTime() - began));
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "hostile input");
    thread.setDaemon(true);
    return thread;
  }

  private record Measured(String kind, long bytes, long nanos) {}

  private Measured measured(ExecutorService worker, Numbered attempt, long seed) throws Exception {
    var thread = new AtomicReference<Thread>();
    Future<Measured> future =
        worker.submit(() -> {
          thread.set(Thread.currentThread());
          long bytes = THREADS.getCurrentThreadAllocatedBytes();
          long began = System.nanoTime();
          String kind = attempt.read(seed);
          return new Measured(
              kind, THREADS.getCurrentThreadAllocatedBytes() - bytes, System.nanoTime() - began);
        });
    try {
      return future.get(longest.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      var hung = new AssertionError(failure(seed, "still running after " + longest));
      hung.setStackTrace(thread.get().getStackTrace());
      throw hung;
    } catch (ExecutionException e) {
      throw new AssertionError(failure(seed, String.valueOf(e.getCause())), e.getCause());
    }
  }

  private void add(Measured measured, long seed) {
    inputs++;
    kinds.merge(measured.kind, 1L, Long::sum);
    peakBytes = Math.max(peakBytes, measured.bytes);
    slowestNanos = Math.max(slowestNanos, measured.nanos);
    if (measured.bytes > mostBytes) {
      throw new AssertionError(
          failure(seed, measured.bytes + " bytes allocated, expected at most " + mostBytes));
    }
  }

  private String failure(long seed, String what) {
    return "%s: %s; again with -Dpalace.fuzz.seed=%d".formatted(name, what, seed);
  }

  private String figures(long nanos) {
    return String.format(
        Locale.ROOT,
        "%s: %,d inputs in %.1f s, most allocated %,d KiB, slowest %d ms, %s",
        name,
        inputs,
        nanos / 1e9,
        peakBytes >> 10,
        TimeUnit.NANOSECONDS.toMillis(slowestNanos),
        kinds);
  }
}
