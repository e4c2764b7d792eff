package palace.repair;

import java.io.IOException;


/// Writes ids in lower case.
public record LowerCaseIds() implements Treatment {
  @Override
  public String code() {
    return "lower-case-ids";
  }

  @Override
  public String act() {
    return "write ids in lower case";
  }


  @Override
  public long apply(Surgery surgery) throws IOException {
    throw new IOException("not built in: " + this);
  }
}
