package palace.common.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// The real file system.
record DiskOps() implements FileOps {
  @Override
  public void createDirectory(Path directory) throws IOException {
    Durable.createDirectory(directory, Durable.OWNER_ONLY);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void force(Path entry) throws IOException {
    if (Files.isDirectory(entry)) {
      Durable.forceDirectory(entry);
    } else {
      Durable.forceFile(entry);
    }
  }

  @Override
  public void writeNew(Path file, byte[] content) throws IOException {
    Durable.writeNew(file, content);
  }

  @Override
  public long copyTree(Path source, Path target) throws IOException {
    return TreeCopy.copy(source, target);
  }

  @Override
  public void delete(Path entry) throws IOException {
    TreeDelete.delete(entry);
  }
}
