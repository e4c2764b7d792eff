package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.doctor.CollectionName;
import palace.common.doctor.Finding;

/// Gives a staging collection the name of the collection that it was made from and that is gone.
public record RenameCollection(CollectionName in, String original) implements CollectionTreatment {
  @Override
  public String code() {
    return "rename-collection";
  }

  @Override
  public String act() {
    return "give it the name %s, which is free".formatted(original);
  }

  @Override
  public boolean isFoundation() {
    return true;
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    return surgery
        .database()
        .execute("UPDATE collections SET name=? WHERE id=?", original, in.id());
  }
}
