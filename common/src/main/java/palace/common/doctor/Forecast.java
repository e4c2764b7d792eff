package palace.common.doctor;

import static palace.common.doctor.Prediction.Outcome.FAILURE;
import static palace.common.doctor.Prediction.Outcome.LOSS;
import static palace.common.doctor.Prediction.Outcome.REFUSAL;
import static palace.common.doctor.Prediction.Outcome.WORKS;
import static palace.common.doctor.Prediction.Outcome.WRONG_ANSWERS;

/// Which finding makes Chroma 1.5.9 do what.
final class Forecast {
  private static final String REFUSES = "refuses to open the palace: ";

  private Forecast() {}

  static Prediction of(Finding finding) {
    return switch (finding) {
      case DatabaseFinding database -> of(database);
      case MigrationFinding migration -> of(migration);
      case CatalogueFinding catalogue -> of(catalogue);
      case RowFinding row -> of(row);
      case FullTextFinding text -> of(text);
      case QueueFinding queue -> of(queue);
      case DirectoryFinding directory -> of(directory);
      case CopyFinding copy -> of(copy);
      case UnappliableRows rows ->
          Prediction.may(
              FAILURE,
              "fails in every read and write of %s once it meets row %d"
                  .formatted(rows.in(), rows.firstSequence()));
      case SegmentFinding segment -> of(segment);
      case SequenceFinding sequence -> of(sequence);
      case ConfigurationFinding configuration -> of(configuration);
      case IndexFinding index -> IndexForecast.of(index);
    };
  }

  private static Prediction of(DatabaseFinding finding) {
    return switch (finding) {
      case DatabaseFinding.InterruptedWrite write ->
          Prediction.works("undoes the interrupted write when it opens the palace");
      case DatabaseFinding.UnmergedLog log ->
          Prediction.works("reads the log together with the database");
      case DatabaseFinding.Unreadable file ->
          Prediction.may(REFUSAL, REFUSES + "it cannot read the database, or its index");
      case DatabaseFinding.PagesDamaged pages ->
          Prediction.may(FAILURE, "fails in every call that touches a damaged page");
      case DatabaseFinding.SqlIndexesDamaged indexes ->
          Prediction.may(FAILURE, "overlooks rows, and fails in calls that touch the index");
      case DatabaseFinding.RowsLost rows ->
          Prediction.may(LOSS, "answers without them, where it answers at all");
      case DatabaseFinding.NothingLeft file ->
          Prediction.does(REFUSAL, REFUSES + "it cannot read the database");
      case DatabaseFinding.TableMissing table ->
          Prediction.may(FAILURE, "fails in every call that needs table " + table.table());
    };
  }

  private static Prediction of(MigrationFinding finding) {
    return switch (finding) {
      case MigrationFinding.TextAltered row -> hashRefused(row);
      case MigrationFinding.WrongHash row -> hashRefused(row);
      case MigrationFinding.Gap row ->
          Prediction.does(REFUSAL, REFUSES + "Inconsistent version of " + row.dir());
      case MigrationFinding.NewestMissing row -> newestMissing(row);
      case MigrationFinding.HalfDone row ->
          Prediction.may(FAILURE, "fails in every call that needs " + row.lacking());
      case MigrationFinding.Of040 row -> hashRefused(row);
    };
  }

  private static Prediction hashRefused(MigrationFinding row) {
    return Prediction.does(REFUSAL, REFUSES + "Inconsistent hash of " + row.migration());
  }

  /// `metadb/00005` runs again and makes every number an impossible one; `metadb/00006` runs again
  /// without effect; what adds a column fails.
  private static Prediction newestMissing(MigrationFinding.NewestMissing row) {
    return switch (row.migration()) {
      case "metadb/00005" ->
          Prediction.may(
              LOSS,
              "applies it again, which turns every max_seq_id into about 1.2e18: from then on"
                  + " writes are acknowledged and dropped");
      case "metadb/00006" -> Prediction.works("applies it again, which changes nothing");
      default -> Prediction.may(REFUSAL, REFUSES + "applying it again fails");
    };
  }

  private static Prediction of(CatalogueFinding finding) {
    return switch (finding) {
      case CatalogueFinding.TenantMissing row when row.tenant().equals("default_tenant") ->
          Prediction.does(REFUSAL, REFUSES + "Tenant [default_tenant] not found");
      case CatalogueFinding.TenantMissing row ->
          Prediction.may(FAILURE, "does not find tenant " + row.tenant());
      case CatalogueFinding.DatabaseMissing row when row.database().equals("default_database") ->
          Prediction.does(REFUSAL, REFUSES + "Database [default_database] not found");
      case CatalogueFinding.DatabaseMissing row ->
          Prediction.may(LOSS, "does not show the collections of that database");
      case CatalogueFinding.CollectionIdWrong collection ->
          Prediction.does(FAILURE, "fails in every call on the collection");
      case CatalogueFinding.CollectionRowMissing collection ->
          Prediction.may(LOSS, "never shows its drawers");
      case CatalogueFinding.IdNotUuid id ->
          Prediction.may(FAILURE, "fails in every listing that meets the id");
      case CatalogueFinding.IdUpperCase id ->
          Prediction.may(
              LOSS, "looks for the id in lower case: settings and files under it are not found");
      case CatalogueFinding.OrphanSegments rows -> Prediction.works("never looks at them");
      case CatalogueFinding.OrphanCatalogueRows rows -> Prediction.works("never looks at them");
    };
  }

  private static Prediction of(RowFinding finding) {
    return switch (finding) {
      case RowFinding.OrphanEmbeddings rows -> Prediction.works("never looks at them");
      case RowFinding.OrphanMetadata rows -> inherited(rows.count());
      case RowFinding.OrphanArrayMetadata rows -> inherited(rows.count());
      case RowFinding.MetadataTwoTypes rows ->
          Prediction.may(WRONG_ANSWERS, "shows one of the values and filters by the other");
      case RowFinding.TextUnreadable texts ->
          Prediction.may(FAILURE, "fails in whatever reads one of them");
      case RowFinding.NumberUnreadable rows ->
          Prediction.may(FAILURE, "fails at them, or answers as if they were not there");
      case RowFinding.MetadataEmptyRow rows -> Prediction.works("leaves them out");
      case RowFinding.MetadataInTwoTables rows ->
          Prediction.may(WRONG_ANSWERS, "shows one of the values and filters by the other");
    };
  }

  private static Prediction inherited(long count) {
    return Prediction.may(
        WRONG_ANSWERS,
        "gives the next new drawers the metadata of deleted ones, %d rows".formatted(count));
  }

  private static Prediction of(FullTextFinding finding) {
    return switch (finding) {
      case FullTextFinding.Missing table ->
          Prediction.does(FAILURE, "fails in every filter by document, and in every write");
      case FullTextFinding.IndexDamaged index ->
          Prediction.may(FAILURE, "fails in writes, for good once one has failed");
      case FullTextFinding.Differs rows when rows.surplus() > 0 ->
          Prediction.may(
              FAILURE,
              "filters falsely by document, and fails in the write that needs a taken row");
      case FullTextFinding.Differs rows ->
          Prediction.may(
              LOSS,
              "filters falsely by the documents of %d drawers"
                  .formatted(rows.lacking() + rows.different()));
      case FullTextFinding.Leftovers rows -> Prediction.works("never shows them");
    };
  }

  private static Prediction of(QueueFinding finding) {
    return switch (finding) {
      case QueueFinding.ConfigBroken configuration ->
          Prediction.does(REFUSAL, REFUSES + "it cannot read the queue's configuration");
      case QueueFinding.TopicWrong topic ->
          Prediction.may(LOSS, "never applies the writes among them");
      case QueueFinding.OrphanTopics topics -> Prediction.works("never reads nor deletes them");
      case QueueFinding.NeverPurged rows -> Prediction.works("keeps every write for ever");
      case QueueFinding.TailUnflushed tail -> Prediction.works("reads the queue with the index");
      case QueueFinding.NeverFlushed rows ->
          Prediction.works("builds its index from the queue anew each time it opens the palace");
    };
  }

  private static Prediction of(DirectoryFinding finding) {
    return switch (finding) {
      case DirectoryFinding.Orphan orphan -> Prediction.works("never looks at it, nor deletes it");
      case DirectoryFinding.OldCopy copy -> Prediction.works("never looks at it, nor deletes it");
      case DirectoryFinding.MigrationLeft build ->
          Prediction.works("never looks at it, nor deletes it");
      case DirectoryFinding.PalaceGone place ->
          Prediction.does(LOSS, "makes an empty palace in its place");
      case DirectoryFinding.SwapUnfinished place ->
          Prediction.does(REFUSAL, REFUSES + "it cannot read the database");
      case DirectoryFinding.CollectionGone collection ->
          Prediction.does(FAILURE, "finds no collection " + collection.like().name());
      case DirectoryFinding.CompanionsGone files ->
          Prediction.works("never looks at them; MemPalace makes empty ones");
    };
  }

  private static Prediction of(CopyFinding finding) {
    return switch (finding) {
      case CopyFinding.Interrupted copy ->
          Prediction.does(
              LOSS, "answers for %s without %d drawers".formatted(copy.in(), copy.lacking()));
      case CopyFinding.OriginalGone copy ->
          Prediction.does(FAILURE, "finds no collection %s".formatted(copy.original()));
      case CopyFinding.StagingLeft copy -> Prediction.works("shows it as a collection of its own");
      case CopyFinding.VectorsElsewhere copy -> Prediction.works("never looks there");
      case CopyFinding.Named copy -> Prediction.works("never looks there");
      case CopyFinding.Unfit copy -> Prediction.works("never looks there");
    };
  }

  private static Prediction of(SegmentFinding finding) {
    return switch (finding) {
      case SegmentFinding.Missing segment ->
          Prediction.does(FAILURE, "fails in every call on the collection");
      case SegmentFinding.Duplicate segment ->
          Prediction.may(
              FAILURE,
              "takes one of the %d %s segments".formatted(segment.count(), segment.scope()));
      case SegmentFinding.Displaced segment ->
          Prediction.may(LOSS, "fills a new index from the queue, and drops every other vector");
      case SegmentFinding.DrawersStray drawers ->
          Prediction.may(LOSS, "never shows %d drawers".formatted(drawers.count()));
      case SegmentFinding.TypeUnknown segment ->
          Prediction.may(FAILURE, "fails in every call on the collection");
    };
  }

  private static Prediction of(SequenceFinding finding) {
    return switch (finding) {
      case SequenceFinding.TypeWrong row when row.expected().equals("INTEGER") ->
          Prediction.does(FAILURE, "fails in every call: mismatched types in max_seq_id");
      case SequenceFinding.TypeWrong row ->
          Prediction.does(
              LOSS,
              "turns the number into about 1.2e18 when it opens the palace: from then on writes"
                  + " are acknowledged and dropped");
      case SequenceFinding.Poisoned row -> deaf(row.in());
      case SequenceFinding.TooHigh row -> deaf(row.in());
      case SequenceFinding.Zero row ->
          Prediction.works("reads the queue once more; a Chroma 0.x drops the next write");
      case SequenceFinding.QueueBehind row -> deaf(row.in());
      case SequenceFinding.VectorRowWithoutIndex row -> dropped(row.in(), row.dropped());
      case SequenceFinding.VectorRowMissing row ->
          Prediction.does(
              LOSS, "answers without the vectors of %d drawers".formatted(row.lacking()));
    };
  }

  private static Prediction deaf(CollectionName in) {
    return Prediction.does(LOSS, "acknowledges writes to %s and drops them".formatted(in));
  }

  /// {@return what becomes of a collection whose index Chroma takes for new}
  static Prediction dropped(CollectionName in, long dropped) {
    return dropped == 0
        ? Prediction.works("builds the index of %s anew from the queue".formatted(in))
        : Prediction.does(
            LOSS,
            "drops %d vectors of %s: it takes the index for new and overwrites what lies there"
                .formatted(dropped, in));
  }

  private static Prediction of(ConfigurationFinding finding) {
    return switch (finding) {
      case ConfigurationFinding.SchemaBroken text ->
          Prediction.does(REFUSAL, "cannot list any collection: Could not deserialize schema");
      case ConfigurationFinding.ConfigurationBroken text ->
          Prediction.does(
              REFUSAL, "cannot list any collection: Could not deserialize configuration");
      case ConfigurationFinding.SpaceContradicted space ->
          new Prediction(
              space.proven() ? WRONG_ANSWERS : WORKS,
              space.proven(),
              "measures by %s: distances and order of results are false%s"
                  .formatted(
                      space.effective().chromaName(),
                      space.proven()
                          ? ""
                          : ", if the vectors are of " + space.believed().chromaName()));
      case ConfigurationFinding.SegmentMetadataUnusable key ->
          Prediction.does(FAILURE, "fails in every call on %s".formatted(key.in()));
      case ConfigurationFinding.DimensionNull dimension ->
          Prediction.does(
              LOSS,
              "takes %s for never written: no vector and no result until something is added"
                  .formatted(dimension.in()));
      case ConfigurationFinding.DimensionWrong dimension ->
          Prediction.may(
              FAILURE,
              "reads beyond the vectors, and refuses queries of %d components"
                  .formatted(dimension.dimension()));
    };
  }
}
