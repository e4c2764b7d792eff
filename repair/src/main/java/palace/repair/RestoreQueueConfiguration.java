package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.chroma.QueueRow;
import palace.common.doctor.Finding;

/// Restores the one row of `embeddings_queue_config`.
public record RestoreQueueConfiguration() implements Treatment {
  @Override
  public String code() {
    return "restore-queue-configuration";
  }

  @Override
  public String act() {
    return "restore the configuration of the queue";
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    surgery.database().execute("DELETE FROM embeddings_queue_config");
    return surgery
        .database()
        .execute(
            "INSERT INTO embeddings_queue_config(id, config_json_str) VALUES (1, ?)",
            QueueRow.CONFIGURATION);
  }
}
