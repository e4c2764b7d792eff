package palace.migrate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;
import palace.common.chroma.SourceDatabase;
import palace.common.files.FileOps;
import palace.common.files.Listing;
import palace.common.files.TreeDelete;
import palace.common.lock.Fence;
import palace.common.snapshot.Snapshot;
import palace.common.snapshot.SnapshotStore;
import palace.common.store.LinkedCompanions;
import palace.common.store.PalaceLayout;
import palace.common.swap.EntrySwap;
import palace.common.swap.LogValue;
import palace.common.swap.MoveJournal;
import palace.common.swap.Occasion;
import palace.common.swap.OwnFiles;
import palace.common.swap.PalacePaths;
import palace.common.swap.PalaceSwap;

/// Puts a proven build in the place of its source and files what it displaced as a snapshot.
///
/// Until the exchange has returned every failure leaves the palace as it was. From then on nothing
/// is undone: what fails is said, the journal stays, and the next command finishes it.
final class Publication {
  private static final Logger LOG = LoggerFactory.getLogger(Publication.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration JOURNAL_PATIENCE = Duration.ofSeconds(2);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final PalacePaths paths;
  private final Occasion occasion;
  private final Grip grip;
  private final boolean force;
  private final List<String> warnings;
  private boolean begun;

  Publication(
      PalacePaths paths, Occasion occasion, Grip grip, boolean force, List<String> warnings) {
    this.paths = paths;
    this.occasion = occasion;
    this.grip = grip;
    this.force = force;
    this.warnings = warnings;
  }

  /// {@return whether entries were moved, or a journal says that they were about to be}
  boolean begun() {
    return begun;
  }

  /// Exchanges and files, and gives where the previous palace is then, empty when it could not be
  /// filed.
  Optional<Path> publish(Proven proven) throws IOException {
    MoveJournal journal;
    try {
      journal = exchange(proven);
    } catch (IOException | RuntimeException | Error e) {
      closeAfter(proven.companions(), e);
      throw e;
    }
    return file(journal, proven);
  }

  private MoveJournal exchange(Proven proven) throws IOException {
    grip.lock().requireQuiet(force);
    if (proven.companions().isPresent()) {
      hold(proven.companions().get());
    }
    Optional<String> changed =
        SourceFingerprint.of(paths.palace()).differsFrom(proven.fingerprint());
    if (changed.isPresent()) {
      throw SourceFingerprint.changed(paths.palace(), changed.get());
    }
    begun = true;
    return paths.confined()
        ? exchangeEntries()
        : PalaceSwap.onDisk()
            .publish(paths.build(), paths, occasion, MoveJournal.Purpose.migrate())
            .journal();
  }

  private void hold(LinkedCompanions companions) throws IOException {
    companions.holdDatabases(this::fence);
    for (String name : companions.copied()) {
      warnings.add(
          "%s was copied, because the file system gives it no second name: a process that has it open goes on writing into the previous palace"
              .formatted(name));
    }
  }

  /// A journal beside the file belongs to a running transaction, which will end, or to one that was
  /// interrupted, when nobody is there to be fenced off.
  private Optional<AutoCloseable> fence(Path database) throws IOException {
    long start = System.nanoTime();
    while (true) {
      long waited = System.nanoTime() - start;
      try {
        if (Fence.canHold(database)) {
          return Optional.of(grip.lock().fence(database));
        }
        boolean journal = Files.exists(SourceDatabase.sidecar(database, "-journal"));
        if (!journal || waited > JOURNAL_PATIENCE.toNanos()) {
          return Optional.empty();
        }
      } catch (PalaceException.Busy e) {
        if (waited > PATIENCE.toNanos()) {
          throw e;
        }
      }
      pause();
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PalaceException.Failed("interrupted; nothing was changed", "run it again", e);
    }
  }

  private MoveJournal exchangeEntries() throws IOException {
    var store = SnapshotStore.in(paths.ops());
    Path folder = store.prepare(occasion.run(), Snapshot.Scope.ASIDE);
    try {
      var incoming = new ArrayList<EntrySwap.Incoming>();
      for (Path entry : Listing.of(paths.build())) {
        String name = entry.getFileName().toString();
        if (!name.equals(".palace")) {
          incoming.add(new EntrySwap.Incoming(entry, name));
        }
      }
      incoming.addAll(OwnFiles.incoming(FileOps.real(), paths.build(), paths.palace()));
      return EntrySwap.onDisk()
          .publish(
              paths,
              occasion,
              MoveJournal.Purpose.migrate(),
              incoming,
              outgoing(folder.resolve("palace")));
    } catch (PalaceException.PersonNeeded e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      discard(store, e);
      throw e;
    }
  }

  private List<EntrySwap.Outgoing> outgoing(Path folder) throws IOException {
    PalaceLayout layout = PalaceLayout.of(paths.palace());
    Stream<EntrySwap.Outgoing> entries =
        Stream.of(
                List.of(layout.database()),
                layout.sidecars(),
                layout.segmentDirectories(),
                layout.quarantined())
            .flatMap(List::stream)
            .map(entry -> entry.getFileName().toString())
            .map(name -> new EntrySwap.Outgoing(name, folder.resolve(name)));
    return Stream.concat(
            entries, OwnFiles.outgoing(FileOps.real(), paths.palace(), folder).stream())
        .toList();
  }

  private void discard(SnapshotStore store, Exception cause) {
    try {
      store.removeEmptied(occasion.run());
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private Optional<Path> file(MoveJournal journal, Proven proven) {
    try {
      separate(proven);
      if (grip.fence().isPresent()) {
        grip.fence().get().close();
      }
      if (paths.confined()) {
        TreeDelete.delete(paths.build());
      }
      SnapshotStore.in(paths.ops()).file(journal, paths, proven.source());
      return Optional.of(paths.snapshot());
    } catch (IOException | RuntimeException e) {
      LOG.warn("snapshot.not-filed dir={} cause={}", LogValue.of(previous()), LogValue.of(e));
      warnings.add(
          "the previous palace is whole at %s but could not be filed as a snapshot yet: %s"
              .formatted(previous(), e.getMessage()));
      return Optional.empty();
    }
  }

  private void separate(Proven proven) throws IOException {
    if (proven.companions().isPresent()) {
      try (LinkedCompanions companions = proven.companions().get()) {
        companions.release();
        companions.separate(paths.aside(), paths.incoming());
      }
    }
  }

  /// {@return where the previous palace is: beside the palace until it is filed}
  Path previous() {
    return Files.exists(paths.aside(), LinkOption.NOFOLLOW_LINKS)
        ? paths.aside()
        : paths.snapshot().resolve("palace");
  }

  private static void closeAfter(Optional<LinkedCompanions> companions, Throwable cause) {
    try {
      if (companions.isPresent()) {
        companions.get().close();
      }
    } catch (IOException e) {
      Objects.requireNonNull(cause).addSuppressed(e);
    }
  }
}
