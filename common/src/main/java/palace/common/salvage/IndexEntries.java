package palace.common.salvage;

import java.io.IOException;
import java.util.List;
import palace.common.sqlite.PageList;
import palace.common.sqlite.RecordReader;
import palace.common.sqlite.SqliteRecord;
import palace.common.sqlite.SqliteValue;

/// The entries of one index: those its tree leads to, and those of pages without a parent that have
/// its shape.
final class IndexEntries {
  private final Survey survey;
  private final String name;
  private final Shape shape;

  /// @param name of the index
  /// @param shape of its entries, the rowid last
  IndexEntries(Survey survey, String name, String shape) {
    this.survey = survey;
    this.name = name;
    this.shape = new Shape(shape);
  }

  /// Takes one entry.
  @FunctionalInterface
  interface Consumer {
    /// @param entry the record; its last value is the rowid
    /// @param rowid that value
    void accept(SqliteRecord entry, long rowid) throws IOException;
  }

  /// {@return whether the tree of the index is known and whole, so that what it lacks is not there}
  boolean isWhole() {
    return survey.index(name).filter(tree -> tree.damaged() == 0).isPresent();
  }

  /// Hands over the entries of the tree, and those of stray pages if the tree is not whole.
  void each(Consumer consumer) throws IOException {
    eachOfTree(consumer);
    if (!isWhole()) {
      eachStray(consumer);
    }
  }

  /// Hands over the entries of the tree alone.
  void eachOfTree(Consumer consumer) throws IOException {
    var tree = survey.index(name);
    if (tree.isPresent()) {
      each(tree.get().content(), RecordReader.ofWholeRecords(survey.file()), false, consumer);
    }
  }

  /// Hands over the entries of pages without a parent, where every free page is known: an entry of
  /// long ago would bring back a value that was changed since.
  void eachStray(Consumer consumer) throws IOException {
    if (!survey.free().isComplete()) {
      return;
    }
    each(survey.strayIndexPages(), RecordReader.ofWholeRecords(survey.file()), true, consumer);
  }

  private void each(PageList pages, RecordReader records, boolean stray, Consumer consumer)
      throws IOException {
    for (long number : pages) {
      var page = survey.file().page(number);
      List<SqliteRecord> entries = page.map(records::readAll).orElse(List.of());
      if (stray && !entries.stream().allMatch(shape::fits)) {
        continue;
      }
      for (SqliteRecord entry : entries) {
        if (entry.isWhole()
            && shape.fits(entry)
            && entry.values().getLast() instanceof SqliteValue.Whole(long rowid)) {
          consumer.accept(entry, rowid);
        }
      }
    }
  }
}
