package palace.repair;

import java.io.IOException;


/// Gives every metadata value one type.
public record NormaliseMetadata() implements Treatment {
  @Override
  public String code() {
    return "normalise-metadata";
  }

  @Override
  public String act() {
    return "give every metadata value one type";
  }


  @Override
  public long apply(Surgery surgery) throws IOException {
    throw new IOException("not built in: " + this);
  }
}
