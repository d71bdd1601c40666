package dev.tram.djl.transformers.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubIdTest {

    @ParameterizedTest
    @CsvSource({
        "FacebookAI/xlm-roberta-base, FacebookAI/xlm-roberta-base, main",
        "gpt2, gpt2, main",
        "a/b.c@v1.0, a/b.c, v1.0",
        "a/b@refs/pr/1, a/b, refs/pr/1"
    })
    void parses(String text, String repository, String revision) {
        assertThat(HubId.parse(text)).isEqualTo(new HubId(repository, revision));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "a/",
                "/a",
                "a/b/c",
                "../b",
                "a/..",
                "a/b..c",
                "a--b/c",
                "a b",
                "a/b?",
                "a/b@",
                "a/b@../c",
                "a/b@/c",
                "a/b@c/",
                "a/b@c@d",
                "a\\b",
                "a/b@x\ny"
            })
    void rejects(String text) {
        assertThatThrownBy(() -> HubId.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("received: ");
    }

    @Test
    void knowsACommit() {
        assertThat(HubId.parse("a/b@" + HubServer.COMMIT).isPinned()).isTrue();
        assertThat(HubId.parse("a/b@0123").isPinned()).isFalse();
    }
}
