package palace.common.doctor;

/// A finding about the queue as a whole (S17).
public sealed interface QueueFinding extends Finding {
  /// `embeddings_queue_config` cannot be read: Chroma refuses to start.
  record ConfigBroken(String reason) implements QueueFinding {
    @Override
    public Nature nature() {
      return Nature.fatal("queue-config-broken", Threat.REFUSAL);
    }

    @Override
    public String sentence() {
      return "the configuration of the queue cannot be used: " + reason;
    }
  }

  /// Rows of collections that do not exist.
  record OrphanTopics(long topics, long rows) implements QueueFinding {
    @Override
    public Nature nature() {
      return Nature.notice("queue-topic-orphan", Threat.SPACE);
    }

    @Override
    public String sentence() {
      return "%d queue rows belong to %d collections that do not exist".formatted(rows, topics);
    }
  }

  /// Purging is switched off and the queue is large.
  record NeverPurged(long rows) implements QueueFinding {
    @Override
    public Nature nature() {
      return Nature.notice("queue-purge-disabled", Threat.SPACE);
    }

    @Override
    public String sentence() {
      return "the queue holds %d rows and is never purged".formatted(rows);
    }
  }
}
