package palace.repair;

import java.io.IOException;
import palace.common.doctor.CollectionName;

/// Restores rows of `segments`.
public record RestoreSegments(CollectionName in) implements CollectionTreatment {
  @Override
  public String code() {
    return "restore-segments";
  }

  @Override
  public String act() {
    return "restore the rows that tie the collection to its segments";
  }


  @Override
  public long apply(Surgery surgery) throws IOException {
    throw new IOException("not built in: " + this);
  }
}
