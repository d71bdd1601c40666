package dev.tram.examples.checkpoint;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tram.djl.transformers.hub.Hub;
import dev.tram.djl.transformers.hub.HubException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {

    /** No request is made, which could only fail. */
    @Test
    void aNameOfOneWordIsNoneOfTheHub() {
        assertThatThrownBy(() -> Checkpoints.locate("nope@main", Hub.builder()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ORG/NAME on the hub, such as openai-community/gpt2")
                .hasMessageEndingWith(
                        "minilm, emoji-vit, declaration-encoder, sotu-gpt2, received: nope@main");
    }

    /** A user's input names it, so it is the input that is bad. */
    @Test
    void anUnreachableHubIsACheckpointThatCannotBeFetched(@TempDir Path cache) {
        Hub.Builder unreachable =
                Hub.builder()
                        .optEndpoint("http://127.0.0.1:1")
                        .optCache(cache)
                        .optOffline(false)
                        .optRetry(1, Duration.ZERO);
        assertThatThrownBy(() -> Checkpoints.locate("org/name", unreachable))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("'org/name' is not a local directory")
                .hasMessageContaining("no connection");
    }
}
