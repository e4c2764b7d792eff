package palace.cli;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import palace.common.ShellWord;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.DatabaseCondition;
import palace.common.lock.LockHolder;

/// A palace at a glance, for people.
final class StatusText {
  private static final int LISTED = 5;

  private StatusText() {}

  /// {@return the lines to print}
  static List<String> of(PalaceStatus status) {
    var lines = new ArrayList<String>();
    lines.add(status.palace().toString());
    lines.add(
        "chroma %s palace (schema %s), %s, %s"
            .formatted(
                status.level().releases(),
                status.level(),
                Numbers.count(status.collections().size(), "collection"),
                Numbers.count(status.drawers(), "drawer")));
    status.collections().forEach(collection -> lines.add("  " + line(collection)));
    lines.add(sizes(status.sizes()));
    lines.addAll(beside(status));
    lines.addAll(notices(status));
    return lines;
  }

  private static String line(PalaceStatus.Collection collection) {
    var vectors = new ArrayList<String>();
    vectors.add(Numbers.count(collection.inIndex()) + " in the index");
    vectors.add(Numbers.count(collection.inQueue()) + " in the queue");
    if (collection.inQuarantine() > 0) {
      vectors.add(Numbers.count(collection.inQuarantine()) + " in quarantined copies");
    }
    if (collection.inFreePages() > 0) {
      vectors.add(Numbers.count(collection.inFreePages()) + " in free pages");
    }
    if (collection.missing() > 0) {
      vectors.add(Numbers.count(collection.missing()) + " missing");
    }
    return "%s: %s, %s, %s; vectors: %s"
        .formatted(
            name(collection.row()),
            Numbers.count(collection.drawers(), "drawer"),
            collection.space().chromaName(),
            collection.dimension() == 0 ? "never written" : collection.dimension() + " dimensions",
            String.join(", ", vectors));
  }

  /// {@return a collection's name, with tenant and database where they are not the usual ones}
  static String name(CollectionRow row) {
    return name(row.tenant(), row.database(), row.name());
  }

  /// {@return the same from its parts}
  static String name(String tenant, String database, String name) {
    boolean usual = tenant.equals("default_tenant") && database.equals("default_database");
    return usual ? name : tenant + "/" + database + "/" + name;
  }

  private static String sizes(PalaceStatus.Sizes sizes) {
    return "size: %s; database %s, segments %s, companions %s"
        .formatted(
            Numbers.size(sizes.total()),
            Numbers.size(sizes.database()),
            Numbers.size(sizes.segments()),
            Numbers.size(sizes.companions()));
  }

  private static List<String> beside(PalaceStatus status) {
    var lines = new ArrayList<String>();
    if (!status.companions().isEmpty()) {
      lines.add("companions: " + names(status.companions()));
    }
    if (!status.quarantined().isEmpty()) {
      lines.add("quarantined by MemPalace: " + names(status.quarantined()));
    }
    lines.addAll(snapshots(status));
    for (PalaceStatus.Leftover leftover : status.leftovers()) {
      String whose = leftover.ours() ? "of a palace command" : "of another tool";
      lines.add("leftover " + whose + ": " + leftover.path());
    }
    return lines;
  }

  private static List<String> snapshots(PalaceStatus status) {
    var lines = new ArrayList<String>();
    int count = status.snapshots().size();
    lines.add(
        "snapshots: " + count + (count == 0 ? "" : ", " + Numbers.bytes(status.snapshotBytes())));
    List<String> all = SnapshotText.lines(status.snapshots(), Instant.now());
    all.stream().limit(LISTED).forEach(line -> lines.add("  " + line));
    if (count > LISTED) {
      lines.add("  … palace snapshot list " + ShellWord.quote(status.palace()));
    }
    return lines;
  }

  private static String names(List<Path> paths) {
    return paths.stream()
        .map(path -> path.getFileName().toString())
        .collect(Collectors.joining(", "));
  }

  private static List<String> notices(PalaceStatus status) {
    var lines = new ArrayList<String>();
    switch (status.condition()) {
      case DatabaseCondition.Clean() -> {}
      case DatabaseCondition.HotJournal(long bytes) ->
          lines.add(
              "an interrupted write waits to be undone (journal of %s): the next opening for writing does it"
                  .formatted(Numbers.bytes(bytes)));
      case DatabaseCondition.UnmergedLog(long bytes) ->
          lines.add(
              "the write-ahead log holds %s that belong to the database: never copy one without the other"
                  .formatted(Numbers.bytes(bytes)));
    }
    status.holder().ifPresent(holder -> lines.add("in use: " + holder(holder)));
    if (status.wasInterrupted()) {
      lines.addAll(RecoveryText.of(status.pending()));
      lines.add("settle it with: palace recover " + ShellWord.quote(status.palace()));
    }
    if (status.missing() > 0) {
      lines.add(
          "%s without a vector: palace doctor %s"
              .formatted(
                  Numbers.count(status.missing(), "drawer"), ShellWord.quote(status.palace())));
    }
    return lines;
  }

  /// {@return who uses a palace}
  static String holder(LockHolder holder) {
    String process = holder.pid() < 0 ? "a process" : "process " + holder.pid();
    String since = holder.since().equals("unknown") ? "" : ", since " + holder.since();
    return process + " on " + holder.host() + " (" + holder.command() + since + ")";
  }
}
