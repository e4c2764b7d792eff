package palace.repair;

import palace.common.doctor.CatalogueFinding;
import palace.common.doctor.CollectionName;
import palace.common.doctor.ConfigurationFinding;
import palace.common.doctor.CopyFinding;
import palace.common.doctor.DatabaseFinding;
import palace.common.doctor.DirectoryFinding;
import palace.common.doctor.Finding;
import palace.common.doctor.FullTextFinding;
import palace.common.doctor.IndexFinding;
import palace.common.doctor.MigrationFinding;
import palace.common.doctor.QueueFinding;
import palace.common.doctor.RowFinding;
import palace.common.doctor.SegmentFinding;
import palace.common.doctor.SequenceFinding;
import palace.common.doctor.UnappliableRows;

/// What becomes of one finding.
public sealed interface Verdict {
  /// A treatment cures it.
  record Treat(Treatment treatment) implements Verdict {}

  /// It does no harm and stays.
  record Leave() implements Verdict {}

  /// No treatment cures it.
  ///
  /// @param reason why, lower case, without full stop
  /// @param endangers whether writing to this database at all could lose more
  record Hopeless(String reason, boolean endangers) implements Verdict {}

  /// {@return the verdict on a finding}
  static Verdict on(Finding finding) {
    return switch (finding) {
      case DatabaseFinding database -> on(database);
      case MigrationFinding migration -> on(migration);
      case CatalogueFinding catalogue -> on(catalogue);
      case RowFinding row -> on(row);
      case FullTextFinding text -> new Treat(new RebuildFullText());
      case QueueFinding queue -> on(queue);
      case DirectoryFinding directory -> on(directory);
      case CopyFinding copy -> on(copy);
      case UnappliableRows rows -> rebuild(rows.in());
      case SegmentFinding segment -> on(segment);
      case SequenceFinding sequence -> rebuild(sequence.in());
      case ConfigurationFinding configuration -> on(configuration);
      case IndexFinding index -> rebuild(index.in());
    };
  }

  private static Verdict rebuild(CollectionName in) {
    return new Treat(new RebuildIndex(in));
  }

  private static Verdict on(DatabaseFinding finding) {
    return switch (finding) {
      case DatabaseFinding.InterruptedWrite write -> new Treat(new RecoverInterruptedWrite());
      case DatabaseFinding.UnmergedLog log -> new Leave();
      case DatabaseFinding.Unreadable file -> new Treat(new RescueDatabase());
      case DatabaseFinding.PagesDamaged pages -> new Treat(new RescueDatabase());
      case DatabaseFinding.SqlIndexesDamaged indexes ->
          new Treat(indexes.rebuildable() ? new Reindex() : new RescueDatabase());
      case DatabaseFinding.TableMissing table -> new Treat(new RescueDatabase());
      case DatabaseFinding.RowsLost rows -> new Treat(new RescueDatabase());
      case DatabaseFinding.NothingLeft file ->
          new Hopeless("no page of it holds anything of Chroma's", true);
    };
  }

  private static Verdict on(DirectoryFinding finding) {
    return switch (finding) {
      case DirectoryFinding.Orphan orphan -> new Leave();
      case DirectoryFinding.OldCopy copy -> new Leave();
      case DirectoryFinding.MigrationLeft build -> new Leave();
      case DirectoryFinding.PalaceGone gone ->
          new Treat(new PutPalaceBack(gone.directory(), gone.source().place()));
      case DirectoryFinding.SwapUnfinished swap ->
          new Treat(new PutPalaceBack(swap.directory(), swap.source().place()));
      case DirectoryFinding.CollectionGone gone ->
          new Treat(new RestoreCollection(gone.source(), gone.like()));
      case DirectoryFinding.CompanionsGone gone ->
          new Treat(new RestoreCompanions(gone.directory()));
    };
  }

  private static Verdict on(CopyFinding finding) {
    return switch (finding) {
      case CopyFinding.Interrupted repair -> rebuild(repair.in());
      case CopyFinding.VectorsElsewhere vectors -> rebuild(vectors.in());
      case CopyFinding.Named named -> rebuild(named.in());
      case CopyFinding.Unfit unfit -> new Hopeless("they can only be embedded again", false);
      case CopyFinding.OriginalGone gone ->
          new Treat(new RenameCollection(gone.in(), gone.original()));
      case CopyFinding.StagingLeft left -> new Treat(new RetireStaging(left.in(), left.original()));
    };
  }

  private static Verdict on(MigrationFinding finding) {
    return switch (finding) {
      case MigrationFinding.TextAltered row -> new Treat(new RestoreMigrations());
      case MigrationFinding.WrongHash row -> new Treat(new RestoreMigrations());
      case MigrationFinding.Gap row -> new Treat(new RestoreMigrations());
      case MigrationFinding.NewestMissing row -> new Treat(new RestoreMigrations());
      case MigrationFinding.Of040 row -> new Treat(new RestoreMigrations());
      case MigrationFinding.HalfDone row -> new Treat(new RescueDatabase());
    };
  }

  private static Verdict on(CatalogueFinding finding) {
    return switch (finding) {
      case CatalogueFinding.TenantMissing row -> new Treat(new RestoreTenancy());
      case CatalogueFinding.DatabaseMissing row -> new Treat(new RestoreTenancy());
      case CatalogueFinding.CollectionIdWrong id -> new Treat(new RestoreCatalogue());
      case CatalogueFinding.CollectionRowMissing row -> new Treat(new RestoreCatalogue());
      case CatalogueFinding.IdNotUuid id ->
          new Treat(id.table().equals("databases") ? new RestoreTenancy() : new RestoreCatalogue());
      case CatalogueFinding.IdUpperCase id -> new Treat(new LowerCaseIds());
      case CatalogueFinding.OrphanSegments rows -> new Treat(new DropOrphans());
      case CatalogueFinding.OrphanCatalogueRows rows -> new Treat(new DropOrphans());
    };
  }

  private static Verdict on(RowFinding finding) {
    return switch (finding) {
      case RowFinding.OrphanEmbeddings rows -> new Treat(new DropOrphans());
      case RowFinding.OrphanMetadata rows -> new Treat(new DropOrphans());
      case RowFinding.OrphanArrayMetadata rows -> new Treat(new DropOrphans());
      case RowFinding.MetadataTwoTypes rows -> new Treat(new NormaliseMetadata());
      case RowFinding.TextUnreadable texts -> new Treat(new RestoreTexts());
      case RowFinding.NumberUnreadable rows -> new Treat(new RestoreNumbers());
      case RowFinding.MetadataEmptyRow rows -> new Treat(new NormaliseMetadata());
      case RowFinding.MetadataInTwoTables rows -> new Treat(new NormaliseMetadata());
    };
  }

  private static Verdict on(QueueFinding finding) {
    return switch (finding) {
      case QueueFinding.ConfigBroken configuration -> new Treat(new RestoreQueueConfiguration());
      case QueueFinding.TopicWrong topic -> new Treat(new ReattachDrawers(topic.in()));
      case QueueFinding.OrphanTopics topics -> new Leave();
      case QueueFinding.NeverPurged rows -> new Leave();
      case QueueFinding.TailUnflushed tail -> new Leave();
      case QueueFinding.NeverFlushed queue -> new Leave();
    };
  }

  private static Verdict on(SegmentFinding finding) {
    return switch (finding) {
      case SegmentFinding.Missing segment -> new Treat(new RestoreSegments(segment.in()));
      case SegmentFinding.TypeUnknown segment -> new Treat(new RestoreSegments(segment.in()));
      case SegmentFinding.Displaced segment -> new Treat(new RestoreSegments(segment.in()));
      case SegmentFinding.DrawersStray drawers -> new Treat(new ReattachDrawers(drawers.in()));
      case SegmentFinding.Duplicate segment -> new Treat(new RestoreSegments(segment.in()));
    };
  }

  private static Verdict on(ConfigurationFinding finding) {
    return switch (finding) {
      case ConfigurationFinding.SchemaBroken text -> new Treat(new StateConfiguration(text.in()));
      case ConfigurationFinding.ConfigurationBroken text ->
          new Treat(new StateConfiguration(text.in()));
      case ConfigurationFinding.SpaceContradicted space ->
          new Treat(new StateConfiguration(space.in()));
      case ConfigurationFinding.SegmentMetadataUnusable key ->
          new Treat(new StateConfiguration(key.in()));
      case ConfigurationFinding.DimensionNull dimension ->
          new Treat(new SetDimension(dimension.in()));
      case ConfigurationFinding.DimensionWrong dimension ->
          new Treat(new SetDimension(dimension.in()));
    };
  }
}
