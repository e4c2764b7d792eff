package palace.repair;

import java.io.IOException;
import java.util.List;
import palace.common.chroma.FullText;
import palace.common.doctor.Finding;

/// Makes the full-text table anew and fills it from the documents.
public record RebuildFullText() implements Treatment {
  @Override
  public String code() {
    return "rebuild-full-text";
  }

  @Override
  public String act() {
    return "make the full-text table anew and fill it from the documents";
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    FullText.rebuild(surgery.database(), surgery.level());
    return surgery.database().number("SELECT count(*) FROM " + FullText.tableOf(surgery.level()));
  }
}
