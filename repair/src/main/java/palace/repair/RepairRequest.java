package palace.repair;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import palace.repair.embedder.Endpoint;

/// What a repair is asked to do. It never changes; each `with…` gives another.
public final class RepairRequest {
  /// Drawers that are read at a time unless somebody says otherwise.
  public static final int BATCH_SIZE = 500;

  private final Path palace;
  private final String toolVersion;
  private Optional<String> collection = Optional.empty();
  private boolean rebuildIndex;
  private boolean dryRun;
  private int batchSize = BATCH_SIZE;
  private Duration patience = Duration.ZERO;
  private boolean force;
  private boolean acceptLoss;
  private List<Path> sources = List.of();
  private Optional<Endpoint> embedder = Optional.empty();
  private Set<NamedTreatment> treatments = Set.of();
  private boolean scrub;

  private RepairRequest(Path palace, String toolVersion) {
    this.palace = palace;
    this.toolVersion = toolVersion;
  }

  /// {@return a request to cure whatever is wrong, by a tool of some version}
  public static RepairRequest of(Path palace, String toolVersion) {
    return new RepairRequest(palace, toolVersion);
  }

  private RepairRequest copy() {
    var copy = new RepairRequest(palace, toolVersion);
    copy.collection = collection;
    copy.rebuildIndex = rebuildIndex;
    copy.dryRun = dryRun;
    copy.batchSize = batchSize;
    copy.patience = patience;
    copy.force = force;
    copy.acceptLoss = acceptLoss;
    copy.sources = sources;
    copy.embedder = embedder;
    copy.treatments = treatments;
    copy.scrub = scrub;
    return copy;
  }

  /// {@return the same request, for one collection alone where its act has a choice}
  public RepairRequest withCollection(Optional<String> name) {
    RepairRequest copy = copy();
    copy.collection = name;
    return copy;
  }

  /// {@return the same request, with indexes written anew even where nothing is wrong, or not}
  public RepairRequest withRebuiltIndex(boolean anew) {
    RepairRequest copy = copy();
    copy.rebuildIndex = anew;
    return copy;
  }

  /// {@return the same request, for the plan alone}
  public RepairRequest planned() {
    RepairRequest copy = copy();
    copy.dryRun = true;
    return copy;
  }

  /// {@return the same request, with this many drawers read at a time}
  public RepairRequest withBatchSize(int drawers) {
    RepairRequest copy = copy();
    copy.batchSize = drawers;
    return copy;
  }

  /// {@return the same request, with this long a wait for another `palace` command}
  public RepairRequest withPatience(Duration wait) {
    RepairRequest copy = copy();
    copy.patience = wait;
    return copy;
  }

  /// {@return the same request, in spite of signs of use that may be stale, or not}
  public RepairRequest withForce(boolean given) {
    RepairRequest copy = copy();
    copy.force = given;
    return copy;
  }

  /// {@return the same request, where something readable may be discarded, or not}
  public RepairRequest withAcceptedLoss(boolean accepted) {
    RepairRequest copy = copy();
    copy.acceptLoss = accepted;
    return copy;
  }

  /// {@return the same request, with other places to take drawers and vectors from}
  public RepairRequest withSources(List<Path> directories) {
    RepairRequest copy = copy();
    copy.sources = List.copyOf(directories);
    return copy;
  }

  /// {@return the same request, with an endpoint to ask for vectors that exist nowhere}
  public RepairRequest withEmbedder(Optional<Endpoint> endpoint) {
    RepairRequest copy = copy();
    copy.embedder = endpoint;
    return copy;
  }

  /// {@return the same request, with these treatments too}
  public RepairRequest withTreatments(Collection<NamedTreatment> named) {
    RepairRequest copy = copy();
    Set<NamedTreatment> all = EnumSet.noneOf(NamedTreatment.class);
    all.addAll(treatments);
    all.addAll(named);
    copy.treatments = Set.copyOf(all);
    return copy;
  }

  /// {@return the same request, leaving nothing of deleted texts in the palace's files}
  public RepairRequest scrubbing() {
    RepairRequest copy = withTreatments(NamedTreatment.scrub());
    copy.scrub = true;
    return copy;
  }

  /// {@return the palace's directory}
  public Path palace() {
    return palace;
  }

  /// {@return the version of this tool, for the snapshot}
  public String toolVersion() {
    return toolVersion;
  }

  /// {@return the only collection whose index is rebuilt on request; all when absent}
  public Optional<String> collection() {
    return collection;
  }

  /// {@return whether indexes are written anew even where nothing is wrong with them}
  public boolean rebuildIndex() {
    return rebuildIndex;
  }

  /// {@return whether only the plan is made}
  public boolean dryRun() {
    return dryRun;
  }

  /// {@return how many drawers are read at a time}
  public int batchSize() {
    return batchSize;
  }

  /// {@return how long to wait for another `palace` command}
  public Duration patience() {
    return patience;
  }

  /// {@return whether to go on in spite of signs of use that may be stale}
  public boolean force() {
    return force;
  }

  /// {@return whether something readable may be discarded}
  public boolean acceptLoss() {
    return acceptLoss;
  }

  /// {@return other places to take drawers and vectors from, best first}
  public List<Path> sources() {
    return sources;
  }

  /// {@return the endpoint to ask for vectors that exist nowhere}
  public Optional<Endpoint> embedder() {
    return embedder;
  }

  /// {@return the treatments that are asked for by name}
  public Set<NamedTreatment> treatments() {
    return treatments;
  }

  /// {@return whether nothing of deleted texts may stay in the palace's files}
  public boolean scrub() {
    return scrub;
  }
}
