package palace.common.doctor;

/// Queue rows that no Chroma can apply: it fails at them, and at everything behind them (S13).
///
/// @param in the collection they are for
/// @param count how many
/// @param firstSequence `seq_id` of the first
/// @param firstReason what is wrong with the first
public record UnappliableRows(CollectionName in, long count, long firstSequence, String firstReason)
    implements CollectionFinding {
  @Override
  public Nature nature() {
    return Nature.fatal("queue-row-unappliable", Threat.FAILURE);
  }

  @Override
  public String sentence() {
    return "%d queue rows of %s cannot be applied, first row %d: %s"
        .formatted(count, in, firstSequence, firstReason);
  }
}
