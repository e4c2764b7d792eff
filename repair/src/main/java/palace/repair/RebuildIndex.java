package palace.repair;

import java.io.IOException;
import palace.common.doctor.CollectionName;

/// Writes the index of a collection anew.
public record RebuildIndex(CollectionName in) implements CollectionTreatment {
  @Override
  public String code() {
    return "rebuild-index";
  }

  @Override
  public String act() {
    return "write the index anew from every vector that can be proven, under a new segment id";
  }

  @Override
  public String cost() {
    return "drawers without a vector anywhere leave the collection; their text is kept";
  }

  @Override
  public long apply(Surgery surgery) throws IOException {
    throw new IOException("not built in: " + this);
  }
}
