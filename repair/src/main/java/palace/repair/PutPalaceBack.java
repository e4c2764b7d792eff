package palace.repair;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import palace.common.doctor.Finding;

/// Copies a palace back to where it should be. It is done before a repair begins, so in the
/// transaction there is nothing left to do.
///
/// @param palace where the palace should be
/// @param source the copy
public record PutPalaceBack(Path palace, Path source) implements Treatment {
  @Override
  public String code() {
    return "put-palace-back";
  }

  @Override
  public String act() {
    return "copy %s to %s, then repair it".formatted(source, palace);
  }

  @Override
  public String cost() {
    return "nothing is lost; the copy stays as it is";
  }

  @Override
  public long apply(Surgery surgery, List<Finding> findings) throws IOException {
    return 0;
  }
}
