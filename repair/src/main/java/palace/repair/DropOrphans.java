package palace.repair;

import java.io.IOException;


/// Deletes rows that belong to nothing.
public record DropOrphans() implements Treatment {
  @Override
  public String code() {
    return "drop-orphans";
  }

  @Override
  public String act() {
    return "delete rows that belong to nothing";
  }


  @Override
  public long apply(Surgery surgery) throws IOException {
    throw new IOException("not built in: " + this);
  }
}
