package palace.common.files;

import java.util.Objects;

/// The length of a file in bytes and the digest of its content.
///
/// The digest is the SHA-256 in hex. For a file longer than 4 GiB it is `blocks:` and the SHA-256
/// in hex of the file's blocks of 64 KiB that are not all zero, each with its offset (u64,
/// big-endian) before it and the last as long as it is: the terabyte of holes that a damaged index
/// file may claim is not read. For a symbolic link it is that of the text `link:` and its target.
public record FileDigest(long size, String sha256) {
  /// Checks that there is a digest.
  public FileDigest {
    Objects.requireNonNull(sha256);
  }
}
