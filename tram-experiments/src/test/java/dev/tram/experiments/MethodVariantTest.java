package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tram.djl.HyperParameter;
import dev.tram.djl.Methods;
import dev.tram.experiments.statistics.MethodGroup;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MethodVariantTest {

    @Test
    void aNameAloneSetsNothing() {
        assertThat(MethodVariant.of("sam"))
                .isEqualTo(new MethodVariant("sam", "sam", Map.of(), null, ModelWeights.LAST));
    }

    @Test
    void readsEveryKey() {
        assertThat(MethodVariant.of("tram-x@sigma=1@scale=1e2@divergence=reverse-kl@lr=0.5"))
                .isEqualTo(
                        new MethodVariant(
                                "tram-x",
                                "tram-x",
                                Map.of(
                                        HyperParameter.SIGMA,
                                        "1",
                                        HyperParameter.SCALE,
                                        "1e2",
                                        HyperParameter.DIVERGENCE,
                                        "reverse-kl"),
                                0.5f,
                                ModelWeights.LAST));
    }

    /** A control's row, the method below it and which weights are the model. */
    @ParameterizedTest
    @CsvSource({
        "ema, adam, EMA, 0.99",
        "ema@decay=0.9@lr=0.5, adam, EMA, 0.9",
        "swa, adam, SWA, ",
        "swa@from=7@method=sam@rho=0.1, sam, SWA, 7",
        "wise, adam, WISE, 0.5",
        "wise@alpha=0.25@method=tram-x, tram-x, WISE, 0.25",
        "mesa@decay=0.9, mesa, LAST, ",
        "best, adam, BEST, ",
        "best-noisy@method=sam@rho=0.1, sam, BEST_NOISY, ",
    })
    void controlsHaveOtherWeights(String name, String method, ModelWeights.Row row, Float value) {
        MethodVariant variant = MethodVariant.of(name);
        assertThat(variant.method()).isEqualTo(method);
        assertThat(variant.weights()).isEqualTo(new ModelWeights(row, value));
    }

    @Test
    void aControlHasTheUsualBaseOptimizer() {
        assertThat(MethodVariant.of("ema").base(BaseOptimizer.SGD)).isEqualTo(BaseOptimizer.SGD);
        assertThat(MethodVariant.of("adam").base(BaseOptimizer.SGD)).isEqualTo(BaseOptimizer.ADAM);
        assertThat(MethodVariant.of("swa@method=sgd").base(BaseOptimizer.ADAM))
                .isEqualTo(BaseOptimizer.SGD);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sam@from=100@every=2",
                "tram-x@descent=functional",
                "gsam@radius=tram-x@neighborhood=adaptive@sigma=1",
                "sam@alpha=0.2@descent=gap",
                "ae-sam@steps=500@delta=0.5",
                "friendly-sam@friendly-sigma=0.5",
                "sam@direction=averaged@tau=0.1",
                "looksam@k=2"
            })
    void readsTheChoicesOfEachAxis(String name) {
        assertThat(MethodVariant.of(name).on(Methods.named(name.split("@", -1)[0])).builder())
                .isNotNull();
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
                    sam@           | lr, neighborhood, radius, random, rho
                    sam@rho        | lr, neighborhood, radius, random, rho
                    sam@sigma=1    | lr, neighborhood, radius, random, rho
                    sam@rho=1@rho=2| lr, neighborhood, radius, random, rho
                    sam@descent=up | ascended, gap, reused
                    sam@radius=sum | method must be one of
                    sam@every=0.5  | an integer
                    adam@rho=1     | KEY one of lr,
                    sam@rho=x      | a number
                    sam@rho=-1     | rho
                    sam@lr=0       | lr of sam@lr=0
                    san@rho=1      | there is no method 'san'; did you mean sam
                    ema@decay=1    | decay of ema
                    ema@rho=1      | ema@KEY=VALUE, KEY one of decay, lr, method
                    swa@from=0.5   | a number of updates
                    wise@alpha=2   | alpha of wise must be in [0, 1]
                    wise@alpha=x   | a number
                    wise@method=no | there is no method 'no'
                    best@rho=1     | best@KEY=VALUE, KEY one of lr, method
                    """)
    void refusesWhatItCannotSet(String name, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MethodVariant.of(name))
                .withMessageContaining(message);
    }
}
