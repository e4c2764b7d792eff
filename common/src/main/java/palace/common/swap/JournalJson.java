package palace.common.swap;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import palace.common.RunId;
import palace.common.files.SafePath;

/// The file `journal-I.json`, where D is the directory that holds the palace N:
///
/// ```json
/// {"formatVersion": 1, "run": I, "command": TEXT, "created": TIME, "toolVersion": V,
///  "operation": "migrate|restore|repair", "restored": ID, "notes": {NAME: TEXT},
///  "moves": [{"move": "rename", "from": PATH, "to": PATH, "moved": MARK},
///            {"move": "exchange", "left": PATH, "right": PATH, "leftWas": MARK, "rightWas": MARK}]}
/// PATH: relative to D, `/` between; the first name is N, N.ops or N.WHAT-I
/// MARK: {"inode": TEXT, "born": TEXT, "likeness": TEXT}
/// ```
final class JournalJson {
  private static final int FORMAT_VERSION = 1;
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private final Path parent;
  private final String name;

  JournalJson(Path palace) {
    parent = Objects.requireNonNull(palace.getParent());
    name = palace.getFileName().toString();
  }

  byte[] write(MoveJournal journal) throws IOException {
    var occasion = journal.occasion();
    var root = JSON.createObjectNode().put("formatVersion", FORMAT_VERSION);
    root.put("run", occasion.run().value()).put("command", occasion.command());
    root.put("created", occasion.created().toString()).put("toolVersion", occasion.toolVersion());
    root.put("operation", journal.purpose().operation().word());
    journal.purpose().restored().ifPresent(id -> root.put("restored", id.value()));
    root.set("notes", JSON.valueToTree(journal.purpose().notes()));
    var moves = root.putArray("moves");
    journal.moves().forEach(move -> moves.add(toJson(move)));
    return JSON.writeValueAsBytes(root);
  }

  /// Whatever is not understood is an [IllegalArgumentException], [java.time.DateTimeException] or
  /// [IOException].
  MoveJournal read(Path file, byte[] content) throws IOException {
    JsonNode root = JSON.readTree(content);
    if (root.path("formatVersion").asInt() != FORMAT_VERSION) {
      throw new IllegalArgumentException("has another format version");
    }
    var occasion =
        new Occasion(
            new RunId(root.required("run").asText()),
            root.required("command").asText(),
            Instant.parse(root.required("created").asText()),
            root.required("toolVersion").asText());
    if (!file.getFileName().toString().equals(MoveJournal.nameOf(occasion.run()))) {
      throw new IllegalArgumentException("describes " + occasion.run());
    }
    var moves = new ArrayList<Move>();
    for (JsonNode move : root.required("moves")) {
      moves.add(move(move));
    }
    return new MoveJournal(file, occasion, purpose(root), List.copyOf(moves));
  }

  private static MoveJournal.Purpose purpose(JsonNode root) {
    var operation = MoveJournal.Operation.of(root.required("operation").asText());
    Optional<RunId> restored =
        root.has("restored")
            ? Optional.of(new RunId(root.required("restored").asText()))
            : Optional.empty();
    SortedMap<String, String> notes = new TreeMap<>();
    for (var note : root.path("notes").properties()) {
      notes.put(note.getKey(), note.getValue().asText());
    }
    return new MoveJournal.Purpose(operation, restored, notes);
  }

  private ObjectNode toJson(Move move) {
    return switch (move) {
      case Move.Rename rename ->
          node("rename", rename.from(), "from", rename.to(), "to")
              .set("moved", toJson(rename.moved()));
      case Move.Exchange exchange -> {
        var node = node("exchange", exchange.left(), "left", exchange.right(), "right");
        node.set("leftWas", toJson(exchange.leftWas()));
        yield node.set("rightWas", toJson(exchange.rightWas()));
      }
    };
  }

  private ObjectNode node(String kind, Path first, String firstKey, Path second, String key) {
    var node = JSON.createObjectNode().put("move", kind);
    return node.put(firstKey, relative(first)).put(key, relative(second));
  }

  private static ObjectNode toJson(TreeMark mark) {
    return JSON.createObjectNode()
        .put("inode", mark.inode())
        .put("born", mark.born())
        .put("likeness", mark.likeness());
  }

  private Move move(JsonNode node) {
    return switch (node.required("move").asText()) {
      case "rename" ->
          new Move.Rename(path(node, "from"), path(node, "to"), mark(node.required("moved")));
      case "exchange" ->
          new Move.Exchange(
              path(node, "left"),
              path(node, "right"),
              mark(node.required("leftWas")),
              mark(node.required("rightWas")));
      default -> throw new IllegalArgumentException("has an unknown move");
    };
  }

  private static TreeMark mark(JsonNode node) {
    return new TreeMark(
        node.required("inode").asText(),
        node.required("born").asText(),
        node.required("likeness").asText());
  }

  /// {@return whether a journal of this palace can name the path: it is one of the palace's own
  /// names, or below one}
  boolean canName(Path path) {
    try {
      return !relative(path).isEmpty();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private String relative(Path path) {
    if (!path.startsWith(parent)) {
      throw new IllegalArgumentException("not beside or in the palace: " + path);
    }
    var names = new ArrayList<String>();
    parent.relativize(path).forEach(part -> names.add(part.toString()));
    String text = String.join("/", names);
    if (!path.equals(resolve(text))) {
      throw new IllegalArgumentException("cannot be journaled: " + path);
    }
    return text;
  }

  private Path path(JsonNode node, String key) {
    return resolve(node.required(key).asText());
  }

  private Path resolve(String text) {
    String[] names = text.split("/", -1);
    if (!isOfThePalace(names[0])) {
      throw new IllegalArgumentException("names something that is not the palace's: " + text);
    }
    Path path = parent.resolve(names[0]);
    for (int i = 1; i < names.length; i++) {
      path =
          SafePath.child(path, names[i])
              .orElseThrow(() -> new IllegalArgumentException("names no plain path: " + text));
    }
    return path;
  }

  private boolean isOfThePalace(String first) {
    return first.equals(name)
        || first.startsWith(name + ".") && PalacePaths.isSuffix(first.substring(name.length() + 1));
  }
}
