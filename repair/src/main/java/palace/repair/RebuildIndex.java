package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.doctor.CollectionName;
import palace.common.doctor.Finding;

/// Writes the index of a collection as a fresh segment, with the queue folded in.
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
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    return new IndexRows(surgery, surgery.newIndex(in)).write();
  }
}
