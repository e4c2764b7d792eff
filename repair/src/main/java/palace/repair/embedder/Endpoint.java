package palace.repair.embedder;

import java.net.URI;
import java.util.Optional;

/// Where vectors are asked for, and of which model.
///
/// @param address of the embeddings resource, such as `http://localhost:11434/v1/embeddings`
/// @param model the model's name as the endpoint knows it
/// @param key what is sent as bearer token; no text of this record shows it
public record Endpoint(URI address, String model, Optional<String> key) {
  private static final String RESOURCE = "/embeddings";
  private static final String VERSION = "/v1";

  /// {@return the endpoint at a base address, which may lack `/v1` or `/embeddings`}
  ///
  /// @throws IllegalArgumentException when the text is no address of the web, with the reason
  public static Endpoint at(String base, String model, Optional<String> key) {
    return new Endpoint(address(base), model, key);
  }

  private static URI address(String base) {
    URI uri = URI.create(base.strip());
    String scheme = String.valueOf(uri.getScheme());
    if (!scheme.equalsIgnoreCase("http") && !scheme.equalsIgnoreCase("https")) {
      throw new IllegalArgumentException(
          "expected an address that begins with http:// or https://");
    }
    if (uri.getHost() == null) {
      throw new IllegalArgumentException("it names no host");
    }
    if (uri.getRawUserInfo() != null) {
      throw new IllegalArgumentException("a password does not belong into an address");
    }
    if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
      throw new IllegalArgumentException("expected an address without ? and #");
    }
    return URI.create(complete(base.strip()));
  }

  private static String complete(String text) {
    String base = text.replaceAll("/+$", "");
    if (base.endsWith(VERSION + RESOURCE)) {
      return base;
    }
    return base.endsWith(VERSION) ? base + RESOURCE : base + VERSION + RESOURCE;
  }

  @Override
  public String toString() {
    return model + " at " + address;
  }
}
