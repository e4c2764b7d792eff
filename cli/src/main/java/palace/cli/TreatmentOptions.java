package palace.cli;

import java.util.ArrayList;
import java.util.List;
import palace.common.PalaceException;
import palace.repair.NamedTreatment;
import palace.repair.RepairRequest;
import picocli.CommandLine.Option;

/// The options that ask for treatments by name.
final class TreatmentOptions {
  @Option(
      names = "--treatment",
      paramLabel = "NAME",
      description =
          "Do this too, even where nothing calls for it: flush-queue, purge-queue, retire-orphans,"
              + " rebuild-full-text or vacuum. Repeatable.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--scrub",
      description =
          "Leave nothing of deleted drawers in the palace's files: purge-queue, retire-orphans,"
              + " rebuild-full-text and vacuum. The snapshot of the run still holds it; the report"
              + " names the command that removes it.")
  private boolean scrub;

  /// {@return the request with what these options ask for}
  RepairRequest in(RepairRequest request) throws PalaceException.Usage {
    RepairRequest named = request.withTreatments(treatments());
    return scrub ? named.scrubbing() : named;
  }

  /// Throws wrong usage where a name is not one of a treatment.
  List<NamedTreatment> treatments() throws PalaceException.Usage {
    var treatments = new ArrayList<NamedTreatment>();
    for (String name : names) {
      treatments.add(
          NamedTreatment.of(name)
              .orElseThrow(() ->
                  new PalaceException.Usage(
                      "--treatment " + name + ": no such treatment",
                      "known are " + String.join(", ", NamedTreatment.words()))));
    }
    return treatments;
  }

  /// {@return whether anything is asked for}
  boolean given() {
    return scrub || !names.isEmpty();
  }

  /// {@return whether an index may be written anew}
  boolean flushes() throws PalaceException.Usage {
    return treatments().contains(NamedTreatment.FLUSH_QUEUE);
  }
}
