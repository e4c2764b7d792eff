package palace.cli;

import java.io.IOException;
import java.nio.file.Path;
import palace.common.PalaceException;
import picocli.CommandLine.Command;

/// The verb.
@Command(name = "doctor", description = "x")
final class DoctorCommand extends Verb {
  @Override
  Answer answer(Path palace) throws IOException {
    throw new PalaceException.Refused("not yet", "");
  }
}
