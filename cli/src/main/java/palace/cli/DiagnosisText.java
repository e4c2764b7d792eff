package palace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import palace.common.ShellWord;
import palace.common.doctor.CollectionSummary;
import palace.common.doctor.Diagnosis;
import palace.common.doctor.Finding;
import palace.common.doctor.NotRun;
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
  static List<String> of(Diagnosis diagnosis, Map<String, String> digests) {
    var lines = new ArrayList<String>();
    lines.add(headline(diagnosis));
    lines.addAll(findings(diagnosis.findings()));
    for (NotRun notRun : diagnosis.notRun()) {
      lines.add("not checked: " + notRun.check() + ": " + notRun.reason());
    }
    digests.forEach((name, digest) -> lines.add("content digest of " + name + ": " + digest));
    lines.add(verdict(diagnosis));
    if (!diagnosis.damages().isEmpty()) {
      lines.add("next: palace repair " + ShellWord.quote(diagnosis.palace()));
    }
    return lines;
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
