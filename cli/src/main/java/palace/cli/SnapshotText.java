package palace.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import palace.common.ShellWord;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotDifference;
import palace.common.snapshot.SnapshotEntry;

/// Kept states, for people.
final class SnapshotText {
  private SnapshotText() {}

  /// {@return the catalogue, the newest first}
  static List<String> of(Snapshots snapshots, List<SnapshotEntry> entries, Instant now) {
    var lines = new ArrayList<String>();
    if (entries.isEmpty()) {
      lines.add("no snapshots of " + snapshots.palace());
      return lines;
    }
    lines.addAll(lines(entries, now));
    lines.add("put one back with: palace restore ID " + ShellWord.quote(snapshots.palace()));
    return lines;
  }

  /// {@return each kept state on a line}
  static List<String> lines(List<SnapshotEntry> entries, Instant now) {
    return entries.stream()
        .map(entry ->
            switch (entry) {
              case SnapshotEntry.Kept kept -> line(kept.snapshot(), now);
              case SnapshotEntry.Damaged damaged -> line(damaged);
            })
        .toList();
  }

  /// {@return one kept state on a line}
  static String line(Snapshot snapshot, Instant now) {
    var facts = new ArrayList<String>();
    facts.add(snapshot.scope().word());
    facts.add("by " + snapshot.command());
    snapshot.restored().ifPresent(id -> facts.add("which put back " + id));
    facts.add(age(snapshot.created(), now));
    facts.add(Numbers.bytes(snapshot.bytes()));
    snapshot.known().drawers().ifPresent(count -> facts.add(Numbers.count(count, "drawer")));
    snapshot.known().release().ifPresent(release -> facts.add("chroma " + release));
    return snapshot.id() + "  " + String.join(", ", facts);
  }

  private static String line(SnapshotEntry.Damaged damaged) {
    return damaged.directory().getFileName()
        + "  without a readable description: "
        + damaged.reason();
  }

  /// {@return how long ago something was, in its largest unit}
  static String age(Instant then, Instant now) {
    Duration age = Duration.between(then, now);
    if (age.isNegative()) {
      return "in the future";
    }
    if (age.toDays() > 0) {
      return Numbers.count(age.toDays(), "day") + " old";
    }
    if (age.toHours() > 0) {
      return Numbers.count(age.toHours(), "hour") + " old";
    }
    return Numbers.count(age.toMinutes(), "minute") + " old";
  }

  /// {@return what a check of one kept state found}
  static List<String> checked(SnapshotEntry entry, List<SnapshotDifference> differences) {
    var lines = new ArrayList<String>();
    String name = entry.directory().getFileName().toString();
    lines.add(name + "  " + (differences.isEmpty() ? "sound" : "damaged"));
    differences.forEach(difference -> lines.add("  " + difference.sentence()));
    return lines;
  }
}
