package palace.it;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Vectors that exist nowhere any more, asked for at an endpoint that stumbles: real Chroma finds
/// every drawer that came back.
class EmbedderIT {
  @Test
  void realChromaFindsTheDrawersThatAnEndpointGaveVectorsFor() throws Exception {
    Oracle.assumeEnvironment("1.5.9");

    var answer = Oracle.script("refill", "--palace-cmd", Oracle.PALACE.toString());

    assertThat(answer.exitCode()).as("%s", answer).isZero();
  }
}
