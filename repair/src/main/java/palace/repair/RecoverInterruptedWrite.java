package palace.repair;

import java.io.IOException;


/// Lets SQLite undo an interrupted write.
public record RecoverInterruptedWrite() implements Treatment {
  @Override
  public String code() {
    return "recover-interrupted-write";
  }

  @Override
  public String act() {
    return "undo the interrupted write in the database";
  }


  @Override
  public long apply(Surgery surgery) throws IOException {
    throw new IOException("not built in: " + this);
  }
}
