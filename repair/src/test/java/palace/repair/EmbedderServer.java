package palace.repair;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// An OpenAI-compatible endpoint on this machine that knows the vectors of some texts, and that
/// misbehaves as it is told.
public final class EmbedderServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// What it does with one request.
  public enum Manner {
    RIGHT,
    BACKWARDS,
    ERROR,
    TOO_MANY,
    UNAUTHORISED,
    STALL,
    STALL_IN_BODY,
    CUT,
    SHORT_VECTORS,
    NOT_A_NUMBER,
    NULL_COMPONENT,
    ZEROES,
    ONE_TOO_FEW,
    INDEX_TWICE,
    NO_INDEX,
    NOT_JSON,
    ENDLESS,
    REFUSE_TEXTS
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Map<String, float[]> vectors;
  private final Deque<Manner> script = new ArrayDeque<>();
  private final List<List<String>> asked = Collections.synchronizedList(new ArrayList<>());
  private final List<String> headers = Collections.synchronizedList(new ArrayList<>());
  private volatile Manner usual = Manner.RIGHT;
  private volatile int longest = Integer.MAX_VALUE;

  public EmbedderServer(Map<String, float[]> vectors) throws IOException {
    this.vectors = Map.copyOf(vectors);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/embeddings", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /// The next requests are answered like this, one after the other.
  public void first(Manner... manners) {
    script.addAll(Arrays.asList(manners));
  }

  public void always(Manner manner) {
    usual = manner;
  }

  /// Requests with a longer text than this are refused as a whole.
  public void refuseLongerThan(int characters) {
    longest = characters;
  }

  /// {@return the texts of each request}
  public List<List<String>> asked() {
    return List.copyOf(asked);
  }

  /// {@return the Authorization header of each request}
  public List<String> authorizations() {
    return List.copyOf(headers);
  }

  private void answer(HttpExchange exchange) throws IOException {
    JsonNode request = JSON.readTree(exchange.getRequestBody().readAllBytes());
    var texts = new ArrayList<String>();
    request.path("input").forEach(text -> texts.add(text.asText()));
    asked.add(List.copyOf(texts));
    headers.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
    Manner manner;
    synchronized (script) {
      manner = script.isEmpty() ? usual : script.removeFirst();
    }
    if (texts.stream().anyMatch(text -> text.length() > longest)) {
      manner = Manner.REFUSE_TEXTS;
    }
    try (exchange) {
      switch (manner) {
        case ERROR -> send(exchange, 503, "{\"error\":\"loading\"}");
        case TOO_MANY -> {
          exchange.getResponseHeaders().add("Retry-After", "1");
          send(exchange, 429, "slow down");
        }
        case UNAUTHORISED -> send(exchange, 401, "wrong key: " + headers.getLast());
        case REFUSE_TEXTS -> send(exchange, 413, "too long");
        case STALL -> stall();
        case STALL_IN_BODY -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write("{\"data\":[".getBytes(StandardCharsets.UTF_8));
          exchange.getResponseBody().flush();
          stall();
        }
        case CUT -> {
          byte[] body = body(manner, texts).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body, 0, body.length / 2);
          exchange.getResponseBody().flush();
        }
        case ENDLESS -> endless(exchange);
        case NOT_JSON -> send(exchange, 200, "<html>");
        case RIGHT,
            BACKWARDS,
            SHORT_VECTORS,
            NOT_A_NUMBER,
            NULL_COMPONENT,
            ZEROES,
            ONE_TOO_FEW,
            INDEX_TWICE,
            NO_INDEX ->
            send(exchange, 200, body(manner, texts));
      }
    } catch (IOException e) {
      // The client went away, as some of these tests want it to.
      exchange.close();
    }
  }

  private void stall() {
    try {
      closing.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void endless(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    byte[] blanks = " ".repeat(1 << 16).getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 1 << 14; i++) {
      exchange.getResponseBody().write(blanks);
    }
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private String body(Manner manner, List<String> texts) {
    var items = new ArrayList<String>();
    for (int i = 0; i < texts.size(); i++) {
      String index =
          switch (manner) {
            case NO_INDEX -> "";
            case INDEX_TWICE -> "\"index\":0,";
            default -> "\"index\":" + i + ",";
          };
      items.add("{" + index + "\"embedding\":" + vector(manner, texts.get(i)) + "}");
    }
    if (manner == Manner.BACKWARDS) {
      Collections.reverse(items);
    }
    if (manner == Manner.ONE_TOO_FEW) {
      items.removeLast();
    }
    return "{\"object\":\"list\",\"data\":[" + String.join(",", items) + "]}";
  }

  private String vector(Manner manner, String text) {
    float[] vector = vectors.getOrDefault(text, new float[] {1});
    var components = new ArrayList<String>();
    for (float component : vector) {
      components.add(manner == Manner.ZEROES ? "0" : Float.toString(component));
    }
    switch (manner) {
      case SHORT_VECTORS -> components.removeLast();
      case NOT_A_NUMBER -> components.set(0, "NaN");
      case NULL_COMPONENT -> components.set(0, "null");
      default -> {}
    }
    return "[" + String.join(",", components) + "]";
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
