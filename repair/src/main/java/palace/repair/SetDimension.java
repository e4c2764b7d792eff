package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.doctor.CollectionName;
import palace.common.doctor.Finding;

/// States the dimension that the vectors of a collection have.
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
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    return surgery
        .database()
        .execute(
            "UPDATE collections SET dimension=? WHERE id=?",
            surgery.facts(in).dimension(),
            in.id());
  }
}
