package palace.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.TreeMap;
import palace.common.doctor.DatabaseFinding;
import palace.common.doctor.SalvagedCopy;
import palace.common.salvage.SalvageReport;
import palace.common.sqlite.RowidRange;

/// What came out of a damaged database, for programs.
final class RescueJson {
  private RescueJson() {}

  static ObjectNode of(SalvagedCopy copy) {
    SalvageReport report = copy.report();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("pageSize", report.pageSize());
    json.put("pages", report.pages());
    json.put("pagesRead", report.pagesRead());
    json.put("pagesDamaged", report.pagesDamaged());
    json.put("pagesLost", report.pagesLost());
    ObjectNode tables = json.putObject("tables");
    new TreeMap<>(report.tables())
        .forEach((name, table) -> {
          ObjectNode of = tables.putObject(name);
          of.put("rows", table.rows()).put("rowsFromElsewhere", table.viaLostPages());
          of.put("duplicatesDropped", table.duplicatesDropped());
          texts(of.putArray("lost"), words(table.lostRanges()));
        });
    texts(json.putArray("notes"), copy.notes());
    return json;
  }

  /// {@return ranges of rows as they are written everywhere: `7`, `3-9`, `from 12`, `any`}
  static List<String> words(List<RowidRange> ranges) {
    return ranges.stream().map(DatabaseFinding.RowsLost::word).toList();
  }

  private static void texts(ArrayNode array, List<String> texts) {
    texts.forEach(array::add);
  }
}
