package palace.common.lock;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import palace.common.files.Durable;
import palace.common.files.Listing;
import palace.common.files.LockFile;
import palace.common.files.OwnEntry;
import palace.common.files.TreeDelete;

/// The ops folder with the lock file in it. A folder that this run created and in which nothing
/// else was left disappears again with the lock.
record OpsFolder(Path directory, LockFile lock, boolean created) implements AutoCloseable {
  static boolean create(Path directory) throws IOException {
    if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    OwnEntry.requireDirectory(directory);
    Path parent = directory.getParent();
    if (parent != null && !Files.exists(parent)) {
      Durable.createDirectory(parent, Durable.OWNER_ONLY);
    }
    try {
      Durable.createDirectory(directory, Durable.OWNER_ONLY);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    if (!created || Listing.of(directory).size() > 1) {
      lock.close();
      return;
    }
    lock.closeAndDelete();
    removeIfEmpty();
  }

  private void removeIfEmpty() throws IOException {
    try {
      if (Listing.of(directory).isEmpty()) {
        TreeDelete.deleteEmptyDirectory(directory);
      }
    } catch (java.nio.file.NoSuchFileException | java.nio.file.DirectoryNotEmptyException e) {
      // The next holder came in between and uses the folder, or removed it.
      return;
    }
  }
}
