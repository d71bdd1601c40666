package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tram.djl.analysis.RadiusSearch.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TuningTest {

    /** Two updates of warm-up, then 2, 2 more and 4 more for three, two and one value. */
    private static final int UPDATES = 2 + 3 * 2 + 2 * 2 + 4;

    private static final TuneSettings THREE = new TuneSettings(null, 0.01f, 1f, 3, null);

    @TempDir private Path directory;

    private static ExperimentConfig config(String method, int warmUp) {
        Map<String, Object> others = Map.of("schedule", Schedule.LINEAR, "warmup", warmUp);
        return TinyTask.config(List.of(method), 1, TinyTask.protocol(18, 4, 1e-2f, others));
    }

    private TuneRecord tune(String method, String name, MortalProgress progress)
            throws IOException {
        return new Tuning(
                        new TinyTask(number -> 0),
                        config(method, 2),
                        THREE,
                        new ExperimentDirectory(directory.resolve(name)),
                        method,
                        progress)
                .run();
    }

    @Test
    void triesEachValueFromOneWarmUpAndTrainsTheBetterHalfOn() throws IOException {
        MortalProgress progress = MortalProgress.immortal();
        TuneRecord found = tune("sam", "whole", progress);
        assertThat(progress.steps()).isEqualTo(UPDATES);
        assertThat(Tuning.updates(config("sam", 2), THREE)).isEqualTo(UPDATES);
        assertThat(found.points().stream().map(Point::steps)).containsExactly(2, 2, 2, 4, 4, 8);
        assertThat(found.points()).allMatch(point -> Double.isFinite(point.loss()));
        Point last = found.points().get(5);
        assertThat(found.best()).isEqualTo(last.value());
        assertThat(found.points().subList(3, 5)).allMatch(point -> last.loss() < point.loss());
        assertThat(found.use()).isEqualTo("sam@rho=" + last.value());
        assertThat(found.table()).contains("tiny, sam by rho\n", "Use: sam@rho=", " *\n");
        assertThat(directory.resolve("whole").resolve("checkpoints")).doesNotExist();
    }

    /** Killed at each update: what was trained and judged is not trained again. */
    @Test
    void aKilledSearchGoesOn() throws IOException {
        TuneRecord whole = tune("sam", "whole", MortalProgress.immortal());
        for (int killed = 1; killed <= UPDATES; killed += 3) {
            String name = "killed-" + killed;
            MortalProgress mortal = new MortalProgress(killed);
            assertThatThrownBy(() -> tune("sam", name, mortal))
                    .isInstanceOf(MortalProgress.Killed.class);
            MortalProgress second = MortalProgress.immortal();
            assertThat(tune("sam", name, second)).isEqualTo(whole);
            assertThat(second.steps() + second.skipped()).isEqualTo(UPDATES);
            MortalProgress third = MortalProgress.immortal();
            assertThat(tune("sam", name, third)).isEqualTo(whole);
            assertThat(third.steps()).isZero();
        }
    }

    /** Killed between the two. */
    @Test
    void aValueThatIsSavedAndNotJudgedIsJudged() throws IOException {
        TuneRecord whole = tune("sam", "whole", MortalProgress.immortal());
        assertThatThrownBy(() -> tune("sam", "killed", new MortalProgress(5)))
                .isInstanceOf(MortalProgress.Killed.class);
        Path record = directory.resolve("killed").resolve("tune-sam.json");
        assertThat(Json.read(record, TuneRecord.class).points()).hasSize(1);
        Files.delete(record);
        MortalProgress second = MortalProgress.immortal();
        assertThat(tune("sam", "killed", second)).isEqualTo(whole);
        assertThat(second.steps()).isEqualTo(UPDATES - 4);
        assertThat(second.skipped()).isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource({"sam,rho", "tram-previous,scale", "fisher-sam,gamma", "mesa,lambda", "msam,rho"})
    void eachMethodHasItsNumber(String method, String key) throws IOException {
        TuneRecord found = tune(method, method, MortalProgress.immortal());
        assertThat(found.use()).startsWith(method + "@" + key + "=");
    }

    /** A radius at which nothing is trained is worse than one at which something is. */
    @Test
    void aHopelessValueDoesNotEndTheSearch() throws IOException {
        TuneRecord found =
                new Tuning(
                                new TinyTask(number -> 0),
                                config("sam", 2),
                                new TuneSettings("rho", 0.01f, 1e30f, 2, 4),
                                new ExperimentDirectory(directory.resolve("hopeless")),
                                "sam",
                                MortalProgress.immortal())
                        .run();
        assertThat(found.best()).isEqualTo(0.01f);
    }

    @Test
    void theEndsOfTheGridAreTold() {
        List<Point> points = List.of(new Point(0.1f, 2, 3), new Point(1f, 2, 2));
        assertThat(new TuneRecord("t", "sam", "rho", points, 1f).table())
                .contains("The best is the largest that was tried: search further with --largest");
        assertThat(new TuneRecord("t", "sam", "rho", points, 0.1f).table())
                .contains("smallest that was tried: search further with --smallest");
    }

    @ParameterizedTest
    @CsvSource({
        "adam, , 3, , 'one with rho, scale, gamma or lambda'",
        "sam, scale, 3, , one with --key scale",
        "sam@rho=0.1, , 3, , one that leaves rho open",
        "sam, , 3, 9, at most 16 updates long",
    })
    void refusesWhatCannotBeTuned(
            String method, String key, int values, Integer firstSteps, String message) {
        TuneSettings settings = new TuneSettings(key, null, null, values, firstSteps);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings.check(config(method, 2)))
                .withMessageContaining(message);
    }

    @Test
    void defaultsFitEachMethod() {
        TuneSettings usual = new TuneSettings(null, null, null, 7, null);
        for (String method : List.of("sam", "tram-x", "fisher-sam", "trpo", "momentum-tram-x")) {
            assertThatCode(() -> usual.check(config(method, 0))).doesNotThrowAnyException();
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TuneSettings.checkKey("sigma"))
                .withMessageContaining("--key must be one of rho, scale, gamma, lambda");
    }
}
