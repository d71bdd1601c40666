package dev.tram.examples.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tram.examples.statistics.MethodGroup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MethodVariantTest {

    @Test
    void aNameAloneSetsNothing() {
        assertThat(MethodVariant.of("sam"))
                .isEqualTo(new MethodVariant("sam", MethodSettings.PAPER, null));
    }

    @Test
    void readsEveryKey() {
        assertThat(MethodVariant.of("tram-x@sigma=1@scale=1e2@divergence=reverse-kl@lr=0.5"))
                .isEqualTo(
                        new MethodVariant(
                                "tram-x",
                                new MethodSettings(null, 1f, null, null, 100f, "reverse-kl"),
                                0.5f));
    }

    @ParameterizedTest
    @CsvSource({"sam@rho=1e+3,OPTIMIZERS", "r3f@sigma=1,TRUST_REGIONS", "tram-x@scale=2,TRAM"})
    void isOfItsMethodsGroup(String name, MethodGroup group) {
        assertThat(MethodGroup.of(name)).isEqualTo(group);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    sam@           | KEY one of lr, rho
                    sam@rho        | KEY one of lr, rho
                    sam@sigma=1    | KEY one of lr, rho
                    sam@rho=1@rho=2| KEY one of lr, rho
                    adam@rho=1     | KEY one of lr,
                    sam@rho=x      | a number
                    sam@rho=-1     | rho
                    sam@lr=0       | lr of sam@lr=0
                    san@rho=1      | san
                    """)
    void refusesWhatItCannotSet(String name, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MethodVariant.of(name))
                .withMessageContaining(message);
    }
}
