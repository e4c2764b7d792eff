package palace.cli;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import palace.common.Progress;

/// A bar with rate and remaining time, redrawn a few times a second.
///
/// @param err the terminal to draw on
record ProgressDisplay(PrintStream err) implements Progress {
  private static final int REDRAW_MILLIS = 200;

  @Override
  public Step start(String task, long total, String unit) {
    if (total == 0) {
      return done -> {};
    }
    ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(total)
            .setUnit(" " + unit, 1)
            .showSpeed()
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(REDRAW_MILLIS)
            .setConsumer(new ConsoleProgressBarConsumer(err))
            .build();
    return new Step() {
      @Override
      public void advance(long count) {
        bar.stepBy(count);
      }

      @Override
      public void close() {
        bar.close();
      }
    };
  }
}
