package palace.repair;

import java.io.IOException;


/// Restores the rows of `migrations`.
public record RestoreMigrations() implements Treatment {
  @Override
  public String code() {
    return "restore-migrations";
  }

  @Override
  public String act() {
    return "record the migrations as Chroma does";
  }


  @Override
  public long apply(Surgery surgery) throws IOException {
    throw new IOException("not built in: " + this);
  }
}
