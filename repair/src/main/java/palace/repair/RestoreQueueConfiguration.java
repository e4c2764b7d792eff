package palace.repair;

import java.io.IOException;


/// Restores the configuration of the queue.
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
  public long apply(Surgery surgery) throws IOException {
    throw new IOException("not built in: " + this);
  }
}
