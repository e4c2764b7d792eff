package palace.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import palace.common.ExitCode;
import palace.common.Progress;
import palace.common.RunId;
import palace.common.snapshot.SnapshotDifference;
import palace.common.snapshot.SnapshotEntry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// The verb `snapshot verify`.
@Command(
    name = "verify",
    description =
        "Hashes every file of one kept state, or of all, and names each that is not what it was."
            + " Writes nothing.",
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every file is what it was, or there is nothing to check",
      "3:no such snapshot, or neither a palace there nor anything kept of one",
      "5:a snapshot is damaged; each file is named"
    },
    footer = {
      "",
      "Examples:",
      "  palace snapshot verify",
      "  palace snapshot verify 20261121T034700Z-1a2b3c ~/.mempalace/palace"
    })
final class SnapshotVerifyCommand extends Verb {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "ID",
      description = "The snapshot, as palace snapshot list names it; all unless given.")
  private Optional<String> id = Optional.empty();

  /// What follows the verb is a palace unless it has the shape of an id.
  @Override
  Optional<Path> directory() {
    return id.filter(word -> !RunId.isValid(word)).map(Path::of).or(super::directory);
  }

  @Override
  Answer answer(Path palace) throws IOException {
    Snapshots snapshots = Snapshots.of(palace);
    List<SnapshotEntry> entries = chosen(snapshots);
    var lines = new ArrayList<String>();
    var json = JsonNodeFactory.instance.objectNode().put("palace", palace.toString());
    ArrayNode checked = json.putArray("snapshots");
    boolean sound = true;
    try (Progress.Step step = progress().start("hashing", entries.size(), "snapshots")) {
      for (SnapshotEntry entry : entries) {
        List<SnapshotDifference> differences = snapshots.store().verify(entry);
        sound &= differences.isEmpty();
        lines.addAll(SnapshotText.checked(entry, differences));
        checked.add(SnapshotJson.checked(entry, differences));
        step.advance(1);
      }
    }
    return answer(sound, json, lines.isEmpty() ? List.of("no snapshots of " + palace) : lines);
  }

  private List<SnapshotEntry> chosen(Snapshots snapshots) throws IOException {
    Optional<String> one = id.filter(RunId::isValid);
    return one.isPresent() ? List.of(snapshots.find(one.get())) : snapshots.list();
  }

  private static Answer answer(boolean sound, ObjectNode json, List<String> lines) {
    return new Answer(
        sound ? ExitCode.DONE : ExitCode.PROBLEMS_FOUND,
        sound ? "sound" : "problems-found",
        json,
        lines);
  }
}
