package palace.common.swap;

import java.nio.file.FileSystemException;
import java.nio.file.Path;

/// The file system cannot let two names change places in one step; nothing was changed by that
/// step.
public final class ExchangeUnsupportedException extends FileSystemException {
  private static final long serialVersionUID = 1L;

  ExchangeUnsupportedException(Path left, Path right) {
    super(left.toString(), right.toString(), "this file system cannot exchange two names");
  }
}
