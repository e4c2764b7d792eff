package palace.common.files;

/// The length of a file in bytes and the SHA-256 of its content; of a symbolic link, of the text
/// `link:` and its target.
public record FileDigest(long size, String sha256) {}
