package palace.common.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// The real file system.
///
/// `PALACE_EXCHANGE=off` in the environment switches the exchange off, for file systems that answer
/// it with success and do something else.
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
  public boolean exchange(Path left, Path right) throws IOException {
    return mayExchange() && NativeRename.system().orElseThrow().exchange(left, right);
  }

  @Override
  public boolean mayExchange() {
    return NativeRename.system().isPresent() && !"off".equals(System.getenv("PALACE_EXCHANGE"));
  }

  @Override
  public void link(Path existing, Path name) throws IOException {
    Files.createLink(name, existing);
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
