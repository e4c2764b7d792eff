package palace.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import palace.common.doctor.CollectionFinding;
import palace.common.doctor.CollectionSummary;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Finding;
import palace.common.doctor.NotRun;
import palace.common.doctor.Prediction;
import palace.common.doctor.Prediction.Outcome;
import palace.common.doctor.SalvagedCopy;
import palace.common.doctor.Severity;
import palace.common.doctor.Threat;
import palace.repair.Treatment;
import palace.repair.Verdict;

/// What the doctor says, for people.
final class DiagnosisText {
  private static final int WIDEST_CODE = 26;

  private DiagnosisText() {}

  /// {@return the lines to print}
  static List<String> of(Examined examined) {
    Diagnosis diagnosis = examined.diagnosis();
    var lines = new ArrayList<String>();
    lines.add(headline(diagnosis));
    examined
        .user()
        .ifPresent(user ->
            lines.add(
                "in use: "
                    + StatusText.holder(user)
                    + "; what is found may be a write half done: stop it and look again"));
    groups(diagnosis.findings()).values().forEach(findings -> lines.addAll(group(findings)));
    for (NotRun notRun : diagnosis.notRun()) {
      lines.add("not checked: " + notRun.check() + ": " + notRun.reason());
    }
    for (CollectionSummary collection : diagnosis.collections()) {
      if (collection.vectorsInFreePages() > 0) {
        lines.add(
            "only free pages of the database hold %s of %s: what compacts the file destroys them"
                .formatted(
                    Numbers.count(collection.vectorsInFreePages(), "vector"), collection.name()));
      }
    }
    examined
        .digests()
        .forEach((name, digest) -> lines.add("content digest of " + name + ": " + digest));
    lines.add(verdict(diagnosis));
    examined.next().forEach(command -> lines.add("next: " + command));
    return lines;
  }

  /// What is about no collection comes first. Two databases may have collections of one name.
  private static Map<String, List<Finding>> groups(List<Finding> findings) {
    var groups = new LinkedHashMap<String, List<Finding>>();
    groups.put("", new ArrayList<>());
    for (Finding finding : findings) {
      String key =
          finding instanceof CollectionFinding about
              ? about.in().id()
              : finding.collection().orElse("");
      groups.computeIfAbsent(key, id -> new ArrayList<>()).add(finding);
    }
    return groups;
  }

  private static List<String> group(List<Finding> findings) {
    var lines = new ArrayList<String>();
    if (!findings.isEmpty()) {
      lines.add(findings.getFirst().collection().map("collection "::concat).orElse("the palace"));
      findings(findings).forEach(line -> lines.add("  " + line));
      worst(findings).ifPresent(prediction -> lines.add("  if nothing is done: " + prediction));
    }
    return lines;
  }

  private static Optional<Prediction> worst(List<Finding> findings) {
    return Prediction.worstOf(findings).filter(worst -> worst.outcome() != Outcome.WORKS);
  }

  /// {@return one line about the whole palace}
  static String headline(Diagnosis diagnosis) {
    if (diagnosis.level().isEmpty()) {
      return "a palace whose database cannot be read";
    }
    return "chroma %s palace, %s, %s"
        .formatted(
            diagnosis.level().get().releases(),
            Numbers.count(diagnosis.collections().size(), "collection"),
            Numbers.count(count(diagnosis), "drawer"));
  }

  private static long count(Diagnosis diagnosis) {
    return diagnosis.collections().stream().mapToLong(CollectionSummary::drawers).sum();
  }

  /// {@return one line for each finding: code, severity, what is wrong, what it threatens, and what
  /// cures it}
  static List<String> findings(List<Finding> findings) {
    int width =
        Math.min(
            WIDEST_CODE,
            findings.stream().mapToInt(finding -> finding.code().length()).max().orElse(0));
    return findings.stream().map(finding -> line(finding, width)).toList();
  }

  private static String line(Finding finding, int width) {
    String code = finding.code() + " ".repeat(Math.max(0, width - finding.code().length()));
    return "%s  %-6s  %s%s%s"
        .formatted(
            code,
            word(finding.severity()),
            finding.sentence(),
            finding.threatens() == Threat.NONE ? "" : ": " + finding.threatens().sentence(),
            treatment(finding));
  }

  private static String treatment(Finding finding) {
    return switch (Verdict.on(finding)) {
      case Verdict.Treat(Treatment treatment) -> "   → " + treatment.code();
      case Verdict.Leave leave -> "";
      case Verdict.Hopeless(String reason, boolean endangers) -> "   → no treatment: " + reason;
    };
  }

  /// {@return the word for a severity}
  static String word(Severity severity) {
    return severity.name().toLowerCase(Locale.ROOT);
  }

  /// {@return the word for what Chroma will do}
  static String word(Outcome outcome) {
    return outcome.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String verdict(Diagnosis diagnosis) {
    int damages = diagnosis.damages().size();
    int notices = diagnosis.findings().size() - damages;
    String beside = notices == 0 ? "" : ", " + Numbers.count(notices, "notice");
    if (diagnosis.isHealthy()) {
      return "healthy" + beside;
    }
    return Numbers.count(damages, "finding") + beside + "; " + drawers(diagnosis);
  }

  private static String drawers(Diagnosis diagnosis) {
    if (diagnosis.level().isEmpty()) {
      return "no drawer can be read";
    }
    if (diagnosis.findings().stream().anyMatch(SalvagedCopy::isCuredBySalvage)) {
      return "palace repair gets back " + Numbers.count(count(diagnosis), "drawer");
    }
    long missing =
        diagnosis.collections().stream().mapToLong(CollectionSummary::vectorsMissing).sum();
    if (missing > 0) {
      return Numbers.count(missing, "drawer") + " without a vector anywhere";
    }
    return diagnosis.notRun().stream().anyMatch(NotRun::essential)
        ? "not everything could be checked"
        : "all drawers are readable";
  }
}
