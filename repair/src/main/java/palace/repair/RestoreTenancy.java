package palace.repair;

import java.io.IOException;


/// Restores tenants and databases.
public record RestoreTenancy() implements Treatment {
  @Override
  public String code() {
    return "restore-tenancy";
  }

  @Override
  public String act() {
    return "restore the rows of tenants and databases";
  }


  @Override
  public long apply(Surgery surgery) throws IOException {
    throw new IOException("not built in: " + this);
  }
}
