package palace.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import palace.common.PalaceException;
import palace.common.Progress;
import palace.common.chroma.CollectionRow;
import palace.common.chroma.MetadataValue;
import palace.common.doctor.Doctor;
import palace.common.files.FileOps;
import palace.common.restore.Restore;
import palace.common.restore.RestoreRequest;
import palace.common.store.CollectionState;
import palace.common.store.Drawer;
import palace.common.store.NeedsEmbedding;
import palace.common.store.Palace;
import palace.repair.embedder.Endpoint;
import palace.repair.embedder.NewVectors;
import palace.repair.embedder.Pace;

/// A palace whose index has lost its vectors, and an endpoint that knows them, or misbehaves.
class EmbeddingRepairTest {
  private static final Pace QUICK =
      new Pace(
          8,
          100_000,
          Duration.ofSeconds(5),
          Duration.ofSeconds(1),
          3,
          Duration.ofMillis(5),
          Duration.ofMillis(50));

  /// Drawers whose vector only the index had: 60 drawers, of which the queue holds 21.
  private static final int LOST = 39;

  @TempDir Path folder;
  private SamplePalace palace;
  private Map<String, Known> before;
  private EmbedderServer server;

  /// What is known of a drawer.
  record Known(Map<String, MetadataValue> metadata, List<Float> vector) {}

  @BeforeEach
  void breakTheIndex() throws IOException {
    palace = SamplePalace.in(folder);
    before = drawers();
    var vectors = new HashMap<String, float[]>();
    before.forEach((id, known) -> vectors.put(document(known), array(known.vector())));
    server = new EmbedderServer(vectors);
    Files.delete(palace.index().resolve("data_level0.bin"));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static String document(Known known) {
    return ((MetadataValue.Text) known.metadata().get(MetadataValue.DOCUMENT_KEY)).value();
  }

  private static float[] array(List<Float> components) {
    float[] array = new float[components.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = components.get(i);
    }
    return array;
  }

  private Map<String, Known> drawers() throws IOException {
    var drawers = new TreeMap<String, Known>();
    try (Palace opened = Palace.open(palace.directory())) {
      for (CollectionRow row : opened.collections()) {
        try (CollectionState state = opened.open(row)) {
          for (Drawer drawer : state.read(state.entries())) {
            var vector = new ArrayList<Float>();
            for (float component : drawer.vector().orElseThrow().original(state.space())) {
              vector.add(component);
            }
            drawers.put(drawer.id(), new Known(drawer.metadata(), vector));
          }
        }
      }
    }
    return drawers;
  }

  private RepairRequest request() {
    return request("shake", Optional.empty());
  }

  private RepairRequest request(String model, Optional<String> key) {
    return RepairRequest.of(palace.directory(), "test")
        .withEmbedder(Optional.of(Endpoint.at(server.url(), model, key)));
  }

  private Outcome repair(RepairRequest request) throws IOException {
    return repair(request, Progress.SILENT);
  }

  private static Outcome repair(RepairRequest request, Progress progress) throws IOException {
    return new Repair(progress, FileOps.real(), Clock.systemUTC(), step -> {}, QUICK).run(request);
  }

  private static RepairReport repaired(Outcome outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Repaired.class);
    return ((Outcome.Repaired) outcome).report();
  }

  private void assertEverythingIsBack() throws IOException {
    Map<String, Known> after = drawers();
    assertThat(after.keySet()).isEqualTo(before.keySet());
    after.forEach((id, known) -> {
      Known then = before.get(id);
      assertThat(known.metadata()).as(id).isEqualTo(then.metadata());
      for (int i = 0; i < then.vector().size(); i++) {
        assertThat(known.vector().get(i))
            .as(id)
            .isCloseTo(then.vector().get(i), org.assertj.core.data.Offset.offset(1e-5f));
      }
    });
    assertThat(Doctor.examine(palace.directory(), Progress.SILENT).isHealthy()).isTrue();
    assertThat(palace.directory().resolve(NeedsEmbedding.NAME)).doesNotExist();
    assertThat(palace.directory().resolve(NewVectors.NAME)).doesNotExist();
  }

  private List<String> textsAsked() {
    return server.asked().stream().flatMap(List::stream).toList();
  }

  @Test
  void oneRunCuresAndFills() throws IOException {
    RepairReport report = repaired(repair(request()));

    assertEverythingIsBack();
    assertThat(report.lost()).isEmpty();
    assertThat(report.embedded().orElseThrow().received()).isEqualTo(LOST);
    assertThat(report.embedded().orElseThrow().filled())
        .isEqualTo(Map.of(SamplePalace.DRAWERS, (long) LOST));
    assertThat(report.undo()).hasSize(2);
  }

  @Test
  void drawersThatAnEarlierRunListedComeBackLater() throws IOException {
    assertThat(new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test")))
        .isInstanceOf(Outcome.PartlyRepaired.class);
    assertThat(Files.readAllLines(palace.directory().resolve(NeedsEmbedding.NAME))).hasSize(LOST);

    RepairReport report = repaired(repair(request()));

    assertEverythingIsBack();
    assertThat(report.undo()).hasSize(1);
  }

  @Test
  void aRestoreOfTheFillingBringsTheListBack() throws IOException {
    new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test"));
    List<String> listed = Files.readAllLines(palace.directory().resolve(NeedsEmbedding.NAME));
    RepairReport report = repaired(repair(request()));

    new Restore(Progress.SILENT)
        .restore(RestoreRequest.of(palace.directory(), report.run().value(), "test"));

    assertThat(Files.readAllLines(palace.directory().resolve(NeedsEmbedding.NAME)))
        .isEqualTo(listed);
    assertThat(palace.number("SELECT count(*) FROM embeddings")).isEqualTo(before.size() - LOST);
    repaired(repair(request()));
    assertEverythingIsBack();
  }

  @ParameterizedTest
  @EnumSource(
      value = EmbedderServer.Manner.class,
      names = {"ERROR", "CUT", "NOT_A_NUMBER"})
  void whatPassesIsOutlasted(EmbedderServer.Manner manner) throws IOException {
    new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test"));
    // The first request asks for texts whose vectors are known.
    server.first(EmbedderServer.Manner.RIGHT, manner);

    repaired(repair(request()));

    assertEverythingIsBack();
  }

  @ParameterizedTest
  @EnumSource(
      value = EmbedderServer.Manner.class,
      names = {"ERROR", "STALL", "CUT", "NOT_A_NUMBER", "ONE_TOO_FEW", "SHORT_VECTORS"})
  void nothingIsWrittenWhileTheEndpointGivesNothingSound(EmbedderServer.Manner manner)
      throws IOException {
    var files = palace.digests();
    server.always(manner);

    assertThatThrownBy(() -> repair(request()))
        .isInstanceOfAny(PalaceException.Failed.class, PalaceException.Refused.class);

    assertThat(palace.digests()).isEqualTo(files);
  }

  @Test
  void aRunThatStopsHalfWayIsGoneOnWithAndAsksForNothingTwice() throws IOException {
    new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test"));
    String database = palace.rows();
    server.first(
        EmbedderServer.Manner.RIGHT, EmbedderServer.Manner.RIGHT, EmbedderServer.Manner.RIGHT);
    server.always(EmbedderServer.Manner.ERROR);
    assertThatThrownBy(() -> repair(request()))
        .isInstanceOf(PalaceException.Failed.class)
        .hasMessageContaining("answered 503");
    assertThat(palace.rows()).isEqualTo(database);
    Path kept = palace.directory().resolve(NewVectors.NAME);
    assertThat(Files.readAllLines(kept)).hasSize(2 * QUICK.batch());
    // A crash tears the last line.
    Files.writeString(kept, "{\"key\":\"torn", StandardOpenOption.APPEND);
    var asked = new HashSet<>(server.asked().get(1));
    asked.addAll(server.asked().get(2));
    int requests = server.asked().size();

    server.always(EmbedderServer.Manner.RIGHT);
    repaired(repair(request()));

    assertEverythingIsBack();
    List<String> later = server.asked().stream().skip(requests + 1).flatMap(List::stream).toList();
    assertThat(later).hasSize(LOST - 2 * QUICK.batch()).doesNotContainAnyElementsOf(asked);
  }

  @Test
  void aStopAfterTheCureSaysWhatWasCuredAndWhatWasNot() throws IOException {
    server.first(EmbedderServer.Manner.RIGHT, EmbedderServer.Manner.RIGHT);
    server.always(EmbedderServer.Manner.ERROR);

    Outcome outcome = repair(request());

    assertThat(outcome).isInstanceOf(Outcome.PartlyRepaired.class);
    RepairReport report = ((Outcome.PartlyRepaired) outcome).report();
    assertThat(report.embedded().orElseThrow().stopped().orElseThrow()).contains("503");
    assertThat(report.lost().get(SamplePalace.DRAWERS).vectors()).hasSize(LOST);
    server.always(EmbedderServer.Manner.RIGHT);
    repaired(repair(request()));
    assertEverythingIsBack();
  }

  @Test
  void aSignalStopsItBetweenBatchesAndWhatWasGotIsKept() throws IOException {
    new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test"));
    Progress cancelling =
        (task, total, unit) ->
            count -> {
              if (task.equals("embedding") && count > 0) {
                throw new CancellationException("a signal came");
              }
            };

    assertThatThrownBy(() -> repair(request(), cancelling))
        .isInstanceOf(CancellationException.class);

    assertThat(Files.readAllLines(palace.directory().resolve(NewVectors.NAME)))
        .hasSize(QUICK.batch());
    repaired(repair(request()));
    assertEverythingIsBack();
  }

  @Test
  void aTextThatIsTooLongStaysListedWithTheReason() throws IOException {
    new Repair(Progress.SILENT).run(RepairRequest.of(palace.directory(), "test"));
    String longest =
        before.entrySet().stream()
            .filter(entry -> isListed(entry.getKey()))
            .max(java.util.Comparator.comparing(entry -> document(entry.getValue()).length()))
            .orElseThrow()
            .getKey();
    server.refuseLongerThan(document(before.get(longest)).length() - 1);

    Outcome outcome = repair(request());

    RepairReport report = ((Outcome.PartlyRepaired) outcome).report();
    List<Embedded.Waiting> waiting =
        report.embedded().orElseThrow().waiting().get(SamplePalace.DRAWERS);
    assertThat(waiting).extracting(Embedded.Waiting::id).contains(longest);
    assertThat(waiting.getFirst().reason()).contains("answered 413: too long");
    assertThat(report.embedded().orElseThrow().received()).isEqualTo(LOST - waiting.size());
    assertThat(isListed(longest)).isTrue();
  }

  private boolean isListed(String id) {
    try {
      return palace.text(NeedsEmbedding.NAME).contains("\"" + id + "\"");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void aDrawerThatExistsMeanwhileIsNotOverwrittenAndOneWithoutDocumentWaits() throws IOException {
    repaired(repair(request()));
    String id =
        before.keySet().stream()
            .filter(name -> name.startsWith("drawer"))
            .findFirst()
            .orElseThrow();
    Path list = palace.directory().resolve(NeedsEmbedding.NAME);
    Files.createDirectories(list.getParent());
    Files.writeString(
        list,
        """
        {"collection":"mempalace_drawers","id":"%s","document":"something else","metadata":{}}
        {"collection":"mempalace_drawers","id":"silent","document":null,"metadata":{"k":1}}
        {"collection":"gone","id":"x","document":"text","metadata":{}}
        """
            .formatted(id));
    int requests = server.asked().size();

    Outcome outcome = repair(request());

    assertThat(outcome).isInstanceOf(Outcome.Waiting.class);
    assertThat(outcome.exitCode().code()).isEqualTo(5);
    Embedded embedded = ((Outcome.Waiting) outcome).embedded();
    assertThat(embedded.waiting().get(SamplePalace.DRAWERS))
        .contains(new Embedded.Waiting("silent", "it has no document"));
    assertThat(embedded.waiting()).containsKey("gone");
    assertThat(textsAsked()).doesNotContain("something else", "text");
    assertThat(server.asked()).hasSize(requests + 1);
    assertThat(drawers().get(id)).isEqualTo(before.get(id));
  }

  @Test
  void aModelThatGivesOtherVectorsIsRefusedBeforeAnythingChanges() throws IOException {
    var files = palace.digests();
    var others = new HashMap<String, float[]>();
    before.forEach((id, known) -> {
      float[] vector = array(known.vector());
      java.util.Collections.reverse(java.util.Arrays.asList(vector));
      for (int i = 0; i < vector.length; i += 2) {
        vector[i] = -vector[i];
      }
      others.put(document(known), vector);
    });
    try (var wrong = new EmbedderServer(others)) {
      RepairRequest asked =
          RepairRequest.of(palace.directory(), "test")
              .withEmbedder(Optional.of(Endpoint.at(wrong.url(), "m", Optional.empty())));

      assertThatThrownBy(() -> repair(asked))
          .isInstanceOf(PalaceException.Refused.class)
          .hasMessageContaining("not the model");
    }
    assertThat(palace.digests()).isEqualTo(files);
  }

  @Test
  void aModelOfAnotherNameThanTheRecordedOneIsNotEvenAsked() throws IOException {
    Files.writeString(
        palace.directory().resolve("mempalace_embedder.json"),
        "{\"mempalace_drawers\":{\"model_name\":\"minilm\",\"dimension\":16}}");

    assertThatThrownBy(() -> repair(request("nomic-embed-text", Optional.empty())))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("made with the model");
    assertThat(server.asked()).isEmpty();

    repaired(repair(request("sentence-transformers/all-MiniLM-L6-v2", Optional.empty())));
    assertEverythingIsBack();
  }

  @Test
  void vectorsOfAnotherSizeAreRefused() throws IOException {
    server.always(EmbedderServer.Manner.SHORT_VECTORS);

    assertThatThrownBy(() -> repair(request()))
        .isInstanceOf(PalaceException.Refused.class)
        .hasMessageContaining("15 components, the collection has 16");
  }

  @Test
  void theKeyGoesToTheEndpointAndNowhereElse() throws IOException {
    server.always(EmbedderServer.Manner.UNAUTHORISED);

    assertThatThrownBy(() -> repair(request("m", Optional.of("sk-secret"))))
        .isInstanceOf(PalaceException.Failed.class)
        .hasMessageContaining("401")
        .message()
        .doesNotContain("sk-secret");
    assertThat(server.authorizations()).containsExactly("Bearer sk-secret");
  }

  @Test
  void aPlanSaysWhatWouldBeFilledAndAsksNobody() throws IOException {
    var files = palace.digests();

    Outcome outcome = repair(request().planned());

    assertThat(((Outcome.Planned) outcome).plan().treatments())
        .extracting(Treatment::code)
        .containsExactly("rebuild-index", "fill-vectors");
    assertThat(server.asked()).isEmpty();
    assertThat(palace.digests()).isEqualTo(files);
  }
}
