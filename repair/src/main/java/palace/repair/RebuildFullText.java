package palace.repair;

import java.io.IOException;


/// Fills the full-text table anew.
public record RebuildFullText() implements Treatment {
  @Override
  public String code() {
    return "rebuild-full-text";
  }

  @Override
  public String act() {
    return "fill the full-text table anew from the documents";
  }


  @Override
  public long apply(Surgery surgery) throws IOException {
    throw new IOException("not built in: " + this);
  }
}
