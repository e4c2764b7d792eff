package palace.common.swap;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import palace.common.files.AtomicFile;
import palace.common.files.BoundedReader;
import palace.common.files.Companions;
import palace.common.files.Durable;
import palace.common.files.FileDigest;
import palace.common.files.TreeDigest;

/// The manifest of a finished directory, kept in it as `.palace/seal.json`: what should be there
/// (collections with their drawers and content digest) and what is (files with size and SHA-256).
///
/// ```json
/// {"formatVersion": 1, "run": I, "toolVersion": V, "created": TIME, "sourceRelease": R, "targetRelease": R,
///  "collections": {NAME: {"drawers": N, "contentDigest": HEX}},
///  "files": {"relative/name": {"size": BYTES, "sha256": HEX}},
///  "notCarried": [TEXT]}
/// ```
///
/// @param origin where the directory comes from
/// @param collections what every collection holds, by name
/// @param files what every file holds, by relative name with `/`; neither `.palace/` nor SQLite's
///   `-shm` files are in it, nor databases other than Chroma's, which are written to at any time
/// @param notCarried what the source had and this directory cannot hold, in words
public record Seal(
    Origin origin,
    SortedMap<String, Contents> collections,
    SortedMap<String, FileDigest> files,
    List<String> notCarried) {
  /// Where the seal is, relative to the palace.
  public static final String NAME = ".palace/seal.json";

  private static final int FORMAT_VERSION = 1;
  private static final int LONGEST_BYTES = 64 << 20;
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  /// Makes the parts unmodifiable.
  public Seal {
    collections = Collections.unmodifiableSortedMap(new TreeMap<>(collections));
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    notCarried = List.copyOf(notCarried);
  }

  /// Where a sealed directory comes from: the run and version of the tool, when, and the Chroma
  /// releases on both sides.
  public record Origin(
      String run,
      String toolVersion,
      Instant created,
      String sourceRelease,
      String targetRelease) {}

  /// What one collection holds: how many drawers and their content digest.
  public record Contents(long drawers, String contentDigest) {
    /// Checks that there is a digest.
    public Contents {
      Objects.requireNonNull(contentDigest);
    }
  }

  /// One way in which a directory is not what its seal says; `file` is the relative name.
  public sealed interface Difference {
    /// {@return the relative name of the file}
    String file();

    /// A sealed file is not there.
    record Missing(String file) implements Difference {}

    /// A sealed file has other content.
    record Changed(String file, FileDigest sealed, FileDigest found) implements Difference {}

    /// A file is there that was not sealed.
    record Extra(String file) implements Difference {}
  }

  /// {@return a seal of the directory as it is now, every file hashed}
  public static Seal of(
      Path directory, Origin origin, Map<String, Contents> collections, List<String> notCarried)
      throws IOException {
    return new Seal(origin, new TreeMap<>(collections), digests(directory), notCarried);
  }

  /// {@return the seal of a palace, or empty when it has none that can be understood}
  public static Optional<Seal> read(Path palace) throws IOException {
    Path file = palace.resolve(NAME);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    return BoundedReader.readAtMost(file, LONGEST_BYTES).flatMap(Seal::parse);
  }

  /// Writes the seal into a directory, durably; the folder `.palace` is created (mode 0700) when it
  /// is missing.
  public void write(Path directory) throws IOException {
    Path file = directory.resolve(NAME);
    Path folder = directory.resolve(".palace");
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      Durable.createDirectory(folder, Durable.OWNER_ONLY);
    }
    AtomicFile.write(file, JSON.writeValueAsBytes(toJson()));
  }

  /// {@return how the directory differs from this seal, by file name; empty when it does not}
  public List<Difference> verify(Path directory) throws IOException {
    var found = digests(directory);
    var names = new TreeSet<>(files.keySet());
    names.addAll(found.keySet());
    var differences = new ArrayList<Difference>();
    for (String name : names) {
      difference(name, files.get(name), found.get(name)).ifPresent(differences::add);
    }
    return differences;
  }

  private static Optional<Difference> difference(
      String name, @Nullable FileDigest sealed, @Nullable FileDigest found) {
    if (found == null) {
      return Optional.of(new Difference.Missing(name));
    }
    if (sealed == null) {
      return Optional.of(new Difference.Extra(name));
    }
    return sealed.equals(found)
        ? Optional.empty()
        : Optional.of(new Difference.Changed(name, sealed, found));
  }

  private static SortedMap<String, FileDigest> digests(Path directory) throws IOException {
    return TreeDigest.of(
        directory,
        name ->
            !name.startsWith(".palace/")
                && !name.endsWith(".sqlite3-shm")
                && !Companions.livesOn(name));
  }

  private ObjectNode toJson() {
    var root = JSON.createObjectNode().put("formatVersion", FORMAT_VERSION);
    root.put("run", origin.run()).put("toolVersion", origin.toolVersion());
    root.put("created", origin.created().toString());
    root.put("sourceRelease", origin.sourceRelease()).put("targetRelease", origin.targetRelease());
    root.set("collections", JSON.valueToTree(collections));
    root.set("files", JSON.valueToTree(files));
    root.set("notCarried", JSON.valueToTree(notCarried));
    return root;
  }

  private static Optional<Seal> parse(byte[] content) {
    try {
      var root = JSON.readTree(content);
      if (root.path("formatVersion").asInt() != FORMAT_VERSION) {
        return Optional.empty();
      }
      var origin =
          new Origin(
              root.required("run").asText(),
              root.required("toolVersion").asText(),
              Instant.parse(root.required("created").asText()),
              root.required("sourceRelease").asText(),
              root.required("targetRelease").asText());
      var collections = new TreeMap<String, Contents>();
      for (var entry : root.required("collections").properties()) {
        collections.put(entry.getKey(), value(entry.getValue(), Contents.class));
      }
      var files = new TreeMap<String, FileDigest>();
      for (var entry : root.required("files").properties()) {
        files.put(entry.getKey(), value(entry.getValue(), FileDigest.class));
      }
      var notCarried = new ArrayList<String>();
      root.path("notCarried").forEach(text -> notCarried.add(text.asText()));
      return Optional.of(new Seal(origin, collections, files, notCarried));
    } catch (JsonProcessingException | IllegalArgumentException | DateTimeException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory cannot fail", e);
    }
  }

  private static <T> T value(JsonNode node, Class<T> type) throws JsonProcessingException {
    if (!node.isObject()) {
      throw new IllegalArgumentException("expected an object, found " + node.getNodeType());
    }
    return JSON.treeToValue(node, type);
  }
}
