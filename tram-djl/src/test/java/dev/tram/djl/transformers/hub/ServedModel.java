package dev.tram.djl.transformers.hub;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A small model on a server, and an empty cache. */
abstract class ServedModel {

    static final HubId MODEL = HubId.parse("org/name");
    static final int SIZE = 300_000;

    final HubServer server = new HubServer();
    final byte[] weights = new byte[SIZE];

    @TempDir Path cache;

    @BeforeEach
    final void serve() {
        new Random(1).nextBytes(weights);
        server.files.put("config.json", HubServer.text("{}"));
        server.files.put("tokenizer.json", HubServer.text("{}"));
        server.largeFiles.put("model.safetensors", weights);
    }

    @AfterEach
    final void stopServer() {
        server.close();
    }

    final Hub.Builder builder() {
        return new Hub.Builder(Map.of("HF_HUB_CACHE", cache.toString()))
                .optEndpoint(server.endpoint())
                .optRetry(3, Duration.ofMillis(1))
                .optTimeout(Duration.ofSeconds(20));
    }

    final Path fetch() throws IOException {
        return builder().build().fetch(MODEL);
    }
}
