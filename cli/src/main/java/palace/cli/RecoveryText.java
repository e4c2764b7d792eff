package palace.cli;

import java.util.ArrayList;
import java.util.List;
import palace.common.restore.Pending;
import palace.common.restore.Settled;

/// What interrupted runs left, and what was done about it, for people.
final class RecoveryText {
  private RecoveryText() {}

  /// {@return what is pending}
  static List<String> of(Pending pending) {
    var lines = new ArrayList<String>();
    if (pending.missing()) {
      lines.add("nothing is at " + pending.palace() + "; its palace stands beside it");
    }
    pending.runs().forEach(run -> lines.add("interrupted: " + run.sentence()));
    pending.leftovers().forEach(path -> lines.add("left over, costs only room: " + path));
    return lines;
  }

  /// {@return what was done}
  static List<String> of(Settled settled) {
    var lines = new ArrayList<String>();
    settled.sentences().forEach(sentence -> lines.add("recovered: " + sentence));
    settled.warnings().forEach(warning -> lines.add("warning: " + warning));
    return lines;
  }
}
