package palace.common.salvage;

import java.io.IOException;
import java.nio.file.Path;
import palace.common.PalaceException;
import palace.common.Progress;

/// Salvages DAMAGED into FRESH, for measurements from outside.
public final class SalvageCommand {
  private SalvageCommand() {}

  public static void main(String[] arguments) throws IOException {
    try {
      System.out.println(
          Salvage.into(Path.of(arguments[0]), Path.of(arguments[1]), Progress.SILENT));
    } catch (PalaceException.DamagedDatabase nothing) {
      System.out.println(nothing.getMessage());
    }
  }
}
