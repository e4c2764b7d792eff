package palace.repair;

import java.io.IOException;
import palace.common.doctor.CollectionName;

/// States the true dimension.
public record SetDimension(CollectionName in) implements CollectionTreatment {
  @Override
  public String code() {
    return "set-dimension";
  }

  @Override
  public String act() {
    return "state the dimension that the vectors have";
  }


  @Override
  public long apply(Surgery surgery) throws IOException {
    throw new IOException("not built in: " + this);
  }
}
