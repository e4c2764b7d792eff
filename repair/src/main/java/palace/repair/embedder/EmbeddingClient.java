package palace.repair.embedder;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import palace.common.PalaceException;

/// Asks an OpenAI-compatible endpoint for vectors:
///
/// ```
/// POST …/v1/embeddings  {"model": NAME, "input": [TEXT, …], "encoding_format": "float"}
/// ```
///
/// What may pass (no connection, a stall, 408, 429, 5xx, an answer that makes no sense) is tried
/// again after growing pauses; redirects are not followed, because the key would go with them.
/// Whoever opens it closes it.
public final class EmbeddingClient implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddingClient.class);
  private static final long LOOK_MILLIS = 100;
  private static final int LARGEST_DIMENSION = 65_536;
  private static final int BYTES_A_COMPONENT = 32;
  private static final int LONGEST_QUOTE = 200;

  private final Endpoint endpoint;
  private final Pace pace;
  private final HttpClient client;

  /// A client of an endpoint.
  public EmbeddingClient(Endpoint endpoint, Pace pace) {
    this.endpoint = endpoint;
    this.pace = pace;
    client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(pace.connecting())
            .build();
  }

  /// The endpoint does not accept these texts, whatever the connection is like.
  public static final class TextsRefused extends Exception {
    private static final long serialVersionUID = 1L;

    TextsRefused(String reason) {
      super(reason);
    }
  }

  /// {@return one vector a text, in their order, each finite and not zero}
  ///
  /// @param dimension components that each must have; 0 when they need only be alike
  /// @param look called often while it waits; what it throws ends the request
  /// @throws PalaceException.Refused when the vectors have another dimension
  /// @throws PalaceException.Failed when no sound answer can be had
  public List<float[]> embed(List<String> texts, int dimension, Runnable look)
      throws PalaceException, TextsRefused {
    for (int attempt = 1; ; attempt++) {
      switch (ask(texts, dimension, look)) {
        case Answer.Vectors(List<float[]> vectors) -> {
          return vectors;
        }
        case Answer.OtherDimension(int found) -> throw otherDimension(found, dimension);
        case Answer.TextsRefused(String reason) -> throw new TextsRefused(reason);
        case Answer.Hopeless(String reason) -> throw failed(reason);
        case Answer.TryAgain(String reason, Optional<Duration> asked) -> {
          if (attempt >= pace.attempts()) {
            throw failed("%s, %d times".formatted(reason, attempt));
          }
          LOG.warn("embedder.again attempt={} cause={}", attempt, reason);
          pause(asked.orElse(pace.after(attempt)), look);
        }
      }
    }
  }

  private PalaceException.Refused otherDimension(int found, int expected) {
    String message =
        expected == 0
            ? "%s gives vectors of different sizes".formatted(endpoint)
            : "%s gives vectors of %d components, the collection has %d"
                .formatted(endpoint, found, expected);
    return new PalaceException.Refused(message, "name the model that the palace was made with");
  }

  private PalaceException.Failed failed(String reason) {
    return new PalaceException.Failed(
        "the embedder %s: %s".formatted(endpoint, reason),
        "vectors that it gave are kept; run the same command again to go on");
  }

  private Answer ask(List<String> texts, int dimension, Runnable look)
      throws PalaceException.Failed {
    long most =
        (1L << 20)
            + (long) texts.size()
                * (dimension > 0 ? dimension : LARGEST_DIMENSION)
                * BYTES_A_COMPONENT;
    var body = HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), most);
    CompletableFuture<HttpResponse<byte[]>> future = client.sendAsync(request(texts), body);
    try {
      return meaning(await(future, look), texts.size(), dimension);
    } catch (TimeoutException e) {
      return again("gave no answer within " + pace.answering().toSeconds() + " s");
    } catch (ExecutionException e) {
      return again("cannot be reached, or broke off: " + said(e.getCause()));
    } finally {
      future.cancel(true);
    }
  }

  private static Answer again(String reason) {
    return new Answer.TryAgain(reason, Optional.empty());
  }

  private static String said(@Nullable Throwable cause) {
    if (cause == null) {
      return "nobody knows why";
    }
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  private HttpRequest request(List<String> texts) {
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("model", endpoint.model());
    var input = body.putArray("input");
    texts.forEach(input::add);
    body.put("encoding_format", "float");
    var request =
        HttpRequest.newBuilder(endpoint.address())
            .header("Content-Type", "application/json")
            .header("Accept", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString(), StandardCharsets.UTF_8));
    endpoint.key().ifPresent(key -> request.header("Authorization", "Bearer " + key));
    return request.build();
  }

  /// The timeout of a request covers its head alone, so the whole is watched here.
  private HttpResponse<byte[]> await(CompletableFuture<HttpResponse<byte[]>> future, Runnable look)
      throws TimeoutException, ExecutionException, PalaceException.Failed {
    long deadline = System.nanoTime() + pace.answering().toNanos();
    while (true) {
      look.run();
      try {
        return future.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }
  }

  private Answer meaning(HttpResponse<byte[]> response, int count, int dimension) {
    int status = response.statusCode();
    if (status == 200) {
      return new AnswerBody(count, dimension).read(response.body());
    }
    String reason = "answered %d%s".formatted(status, quoted(response.body()));
    return switch (status) {
      case 400, 413, 422 -> new Answer.TextsRefused(reason);
      case 408, 425, 429 -> new Answer.TryAgain(reason, pauseAskedFor(response));
      default ->
          status >= 500
              ? new Answer.TryAgain(reason, pauseAskedFor(response))
              : new Answer.Hopeless(reason);
    };
  }

  private String quoted(byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8).replaceAll("[\\p{Cntrl}\\s]+", " ");
    for (String key : endpoint.key().stream().toList()) {
      text = text.replace(key, "(the key)");
    }
    String cut = text.substring(0, Math.min(text.length(), LONGEST_QUOTE)).strip();
    return cut.isEmpty() ? "" : ": " + cut;
  }

  /// Either a number of seconds or a date.
  private Optional<Duration> pauseAskedFor(HttpResponse<?> response) {
    Optional<Duration> asked =
        response.headers().firstValue("Retry-After").flatMap(EmbeddingClient::pauseIn);
    return asked.map(wait -> wait.compareTo(pace.longestPause()) < 0 ? wait : pace.longestPause());
  }

  private static Optional<Duration> pauseIn(String header) {
    try {
      Duration wait =
          header.strip().matches("\\d{1,9}")
              ? Duration.ofSeconds(Long.parseLong(header.strip()))
              : Duration.between(
                  Instant.now(),
                  ZonedDateTime.parse(header.strip(), DateTimeFormatter.RFC_1123_DATE_TIME));
      return wait.isNegative() ? Optional.empty() : Optional.of(wait);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static void pause(Duration wait, Runnable look) throws PalaceException.Failed {
    long deadline = System.nanoTime() + wait.toNanos();
    for (long left = wait.toNanos(); left > 0; left = deadline - System.nanoTime()) {
      look.run();
      try {
        TimeUnit.NANOSECONDS.sleep(Math.min(left, TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS)));
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }
  }

  private static PalaceException.Failed interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new PalaceException.Failed("interrupted", "run it again", cause);
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
  }
}
