package palace.repair;

import java.io.IOException;


/// Rebuilds the SQL indexes.
public record Reindex() implements Treatment {
  @Override
  public String code() {
    return "rebuild-sql-indexes";
  }

  @Override
  public String act() {
    return "rebuild the indexes of the database from its tables";
  }


  @Override
  public long apply(Surgery surgery) throws IOException {
    throw new IOException("not built in: " + this);
  }
}
