package palace.common.doctor;

import java.util.Optional;

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

  /// {@return what writes the vectors of the queue into the index}
  private static String cure() {
    return "palace repair --treatment flush-queue writes them into the index";
  }

  /// The newest vectors of a collection are in the queue only, which is usual, but nothing states
  /// when Chroma persists its index: MemPalace 3.11 then calls the palace DIVERGED after five
  /// minutes, and refuses to write.
  record TailUnflushed(CollectionName in, long drawers) implements QueueFinding {
    @Override
    public Nature nature() {
      return Nature.notice("queue-tail-unflushed", Threat.NONE);
    }

    @Override
    public Optional<String> collection() {
      return Optional.of(in.name());
    }

    @Override
    public String sentence() {
      return "%d drawers of %s have their vector in the queue only, and no sync threshold is stated, which MemPalace takes for damage; %s"
          .formatted(drawers, in, cure());
    }
  }

  /// A collection is too small for its sync threshold ever to be reached: the whole queue is
  /// replayed into memory whenever the palace is opened, and can never be purged.
  record NeverFlushed(CollectionName in, long drawers, long threshold) implements QueueFinding {
    @Override
    public Nature nature() {
      return Nature.notice("queue-never-flushed", Threat.SPACE);
    }

    @Override
    public Optional<String> collection() {
      return Optional.of(in.name());
    }

    @Override
    public String sentence() {
      return "%d drawers of %s have never been written into an index, which happens at %d writes only; %s"
          .formatted(drawers, in, threshold, cure());
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

  /// Rows that name no collection, while a drawer of one has the same id and position, which no two
  /// writes share.
  record TopicWrong(CollectionName in, String topic, long rows) implements QueueFinding {
    @Override
    public Nature nature() {
      return Nature.damage("queue-topic-wrong", Threat.SILENT_LOSS);
    }

    @Override
    public String sentence() {
      return "%d queue rows of collection %s name one that does not exist".formatted(rows, in);
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
