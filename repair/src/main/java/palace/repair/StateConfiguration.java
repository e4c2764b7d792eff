package palace.repair;

import java.io.IOException;
import palace.common.doctor.CollectionName;

/// States the true index configuration.
public record StateConfiguration(CollectionName in) implements CollectionTreatment {
  @Override
  public String code() {
    return "state-configuration";
  }

  @Override
  public String act() {
    return "state the space that the vectors were stored for";
  }


  @Override
  public long apply(Surgery surgery) throws IOException {
    throw new IOException("not built in: " + this);
  }
}
