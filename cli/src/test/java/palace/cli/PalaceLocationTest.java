package palace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PalaceLocationTest {
  @TempDir private Path home;

  private final Map<String, String> variables = new HashMap<>();
  private final List<String> warnings = new ArrayList<>();

  private Path found() {
    return PalaceLocation.find(Optional.empty(), environment(), warnings::add).palace();
  }

  private Environment environment() {
    return new Environment(variables, home);
  }

  private Path write(String file, String text) throws IOException {
    Path path = home.resolve(file);
    Files.createDirectories(path.getParent());
    return Files.writeString(path, text);
  }

  @Test
  void eachSourceGivesWayToTheOneBefore() throws Exception {
    assertThat(found()).isEqualTo(home.resolve(".config/mempalace/palace"));
    variables.put("XDG_CONFIG_HOME", "/xdg");
    assertThat(found()).isEqualTo(Path.of("/xdg/mempalace/palace"));
    write(".mempalace/config.json", "{}");
    assertThat(found()).isEqualTo(home.resolve(".mempalace/palace"));
    write("other/config.json", "{\"palace_path\": \"/from/configuration\"}");
    variables.put("MEMPALACE_CONFIG_DIR", "~/other");
    assertThat(found()).isEqualTo(Path.of("/from/configuration"));
    variables.put("MEMPALACE_PALACE", "/weakest");
    assertThat(found()).isEqualTo(Path.of("/weakest"));
    variables.put("MEMPAL_PALACE_PATH", "/middle");
    assertThat(found()).isEqualTo(Path.of("/middle"));
    variables.put("MEMPALACE_PALACE_PATH", "~/strongest");
    assertThat(found()).isEqualTo(home.resolve("strongest"));
    assertThat(PalaceLocation.find(Optional.of(Path.of("/told")), environment(), warnings::add))
        .isEqualTo(new PalaceLocation(Path.of("/told"), "the command line"));
    assertThat(warnings).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"config.json", "people_map.json", "palace/chroma.sqlite3"})
  void anOldInstallationIsKnownByItsFiles(String mark) throws Exception {
    Files.createDirectories(home.resolve(".mempalace"));
    assertThat(found()).isEqualTo(home.resolve(".config/mempalace/palace"));

    write(".mempalace/" + mark, "{}");

    assertThat(found()).isEqualTo(home.resolve(".mempalace/palace"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  "})
  void aBlankVariableCountsAsNotSet(String blank) {
    PalaceLocation.VARIABLES.forEach(variable -> variables.put(variable, blank));
    variables.put("MEMPALACE_CONFIG_DIR", blank);
    variables.put("XDG_CONFIG_HOME", blank);

    assertThat(found()).isEqualTo(home.resolve(".config/mempalace/palace"));
  }

  @Test
  void aRelativeXdgFolderIsPassedOver() {
    variables.put("XDG_CONFIG_HOME", "relative");

    assertThat(found()).isEqualTo(home.resolve(".config/mempalace/palace"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"palace_path\": ", "", "not json", "\u0000"})
  void aBrokenConfigurationIsToldAndPassedOver(String text) throws Exception {
    Path file = write(".mempalace/config.json", text);

    assertThat(found()).isEqualTo(home.resolve(".mempalace/palace"));
    if (!text.isEmpty()) {
      assertThat(warnings).singleElement().asString().startsWith(file + ": not JSON");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[]", "{\"palace_path\": 7}", "{\"palace_path\": \" \"}"})
  void aConfigurationWithoutAPathLeavesTheUsualPlace(String text) throws Exception {
    write(".mempalace/config.json", text);

    assertThat(found()).isEqualTo(home.resolve(".mempalace/palace"));
    assertThat(warnings).isEmpty();
  }

  @Test
  void aVerbWarnsOfABrokenConfigurationAndGoesOn() throws Exception {
    write(".mempalace/config.json", "{");
    FrozenPalace.unpack("0.6.3", home.resolve(".mempalace/palace"));

    CommandRun run = CommandRun.in(environment(), Optional.empty(), "status");

    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).startsWith("palace: warning: ").contains("config.json");
    assertThat(run.out()).contains("279 drawers");
  }
}
