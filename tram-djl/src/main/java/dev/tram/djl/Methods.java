package dev.tram.djl;

import static dev.tram.djl.Method.HyperParameter.DECAY;
import static dev.tram.djl.Method.HyperParameter.DIVERGENCE;
import static dev.tram.djl.Method.HyperParameter.ETA;
import static dev.tram.djl.Method.HyperParameter.GAMMA;
import static dev.tram.djl.Method.HyperParameter.LAMBDA;
import static dev.tram.djl.Method.HyperParameter.RHO;
import static dev.tram.djl.Method.HyperParameter.SCALE;
import static dev.tram.djl.Method.HyperParameter.SIGMA;

import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.core.Ascent;
import dev.tram.core.Neighborhood;
import dev.tram.core.Radius;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.Method.HyperParameter;
import dev.tram.djl.Method.Passes;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** The methods that the paper compares, and variants, by name. */
public final class Methods {

    private static final Passes BASE = new Passes(1, 1);
    private static final Passes PENALTY = new Passes(2, 1);
    private static final Passes TWO = new Passes(2, 2);
    private static final Passes THREE = new Passes(3, 2);
    private static final Passes FOUR = new Passes(4, 2);
    private static final Passes FISHER = new Passes(3, 3);
    private static final Map<String, Method> BY_NAME = new LinkedHashMap<>();

    static {
        add("sgd", "stochastic gradient descent", BASE, Methods::sgd);
        add("adam", "Adam", BASE, (b, m) -> b.optAscent(Ascent.none()));
        add("sam", "sharpness-aware minimization", TWO, Methods::sam, RHO);
        add("asam", "adaptive SAM", TWO, Methods::asam, RHO);
        add("fisher-sam", "SAM in Fisher's metric", TWO, Methods::fisherSam, GAMMA, ETA);
        addPenalty("trpo", "penalty on the step in distribution", Methods::previous);
        addPenalty("r3f", "penalty on input noise", Methods::noisy, SIGMA);
        addPenalty("mesa", "penalty towards the moving average", Methods::average, DECAY);
        addAsamAnd("asam+trpo", "ASAM and TRPO together", THREE, Methods::previous);
        addAsamAnd("asam+r3f", "ASAM and R3F together", FOUR, Methods::noisy, SIGMA);
        addAsamAnd("asam+mesa", "ASAM and MESA together", THREE, Methods::average, DECAY);
        addTram("tram-previous", "TRAM, d to the previous step", THREE, tram(Methods::previous));
        addTram(
                "tram-pretrained",
                "TRAM, d to the pretrained model",
                THREE,
                tram(Methods::pretrained));
        addTram("tram-x", "TRAM, d under input noise", THREE, tram(Methods::noisy), SIGMA);
        addFisher("tram-fisher", "TRAM-Fisher, Algorithm 2", FISHER, Methods::tramFisher);
        addFisher("tram-fisher-shared", "TRAM-Fisher, Table 2", TWO, Methods::tramFisherShared);
        addTram(
                "tram-average",
                "TRAM, d to the moving average",
                THREE,
                tram(Methods::average),
                DECAY);
        addTram(
                "tram-pretrained-cached",
                "tram-pretrained, θ_0's logits kept",
                TWO,
                Methods::cached);
        addTram("tram-previous-quarter", "tram-previous, d on a quarter", THREE, Methods::quarter);
        addTram(
                "tram-previous-relative",
                "tram-previous, relative d",
                THREE,
                relative(Methods::previous),
                RHO);
        addTram(
                "tram-pretrained-relative",
                "tram-pretrained, relative d",
                THREE,
                relative(Methods::pretrained),
                RHO);
        addTram(
                "tram-x-relative",
                "tram-x, relative d",
                THREE,
                relative(Methods::noisy),
                RHO,
                SIGMA);
    }

    private Methods() {}

    /**
     * Returns the names: the paper's fifteen first, then variants.
     *
     * @return the names
     */
    public static List<String> names() {
        return List.copyOf(BY_NAME.keySet());
    }

    /**
     * Returns a method.
     *
     * @param name one of {@link #names()}
     * @return the method
     * @throws IllegalArgumentException if there is no such method
     */
    public static Method named(String name) {
        Method method = BY_NAME.get(name);
        if (method == null) {
            throw Arguments.rejected("method", "one of " + String.join(", ", names()), name);
        }
        return method;
    }

    private static void addPenalty(
            String name,
            String description,
            Function<Method, TrustRegion> region,
            HyperParameter... more) {
        Set<HyperParameter> own = EnumSet.of(LAMBDA, DIVERGENCE);
        add(name, description, PENALTY, penalty(region), own, more);
    }

    private static void addAsamAnd(
            String name,
            String description,
            Passes passes,
            Function<Method, TrustRegion> region,
            HyperParameter... more) {
        Set<HyperParameter> own = EnumSet.of(RHO, LAMBDA, DIVERGENCE);
        add(name, description, passes, asamAnd(region), own, more);
    }

    private static void addTram(
            String name,
            String description,
            Passes passes,
            BiConsumer<TramOptimizer.Builder, Method> recipe,
            HyperParameter... more) {
        add(name, description, passes, recipe, EnumSet.of(SCALE, DIVERGENCE), more);
    }

    private static void addFisher(
            String name,
            String description,
            Passes passes,
            BiConsumer<TramOptimizer.Builder, Method> recipe) {
        add(name, description, passes, recipe, GAMMA, ETA, SIGMA);
    }

    private static void add(
            String name,
            String description,
            Passes passes,
            BiConsumer<TramOptimizer.Builder, Method> recipe,
            HyperParameter... own) {
        add(name, description, passes, recipe, EnumSet.noneOf(HyperParameter.class), own);
    }

    private static void add(
            String name,
            String description,
            Passes passes,
            BiConsumer<TramOptimizer.Builder, Method> recipe,
            Set<HyperParameter> own,
            HyperParameter... more) {
        own.addAll(List.of(more));
        Set<HyperParameter> all = Collections.unmodifiableSet(own);
        BY_NAME.put(name, new Method(name, description, passes, recipe, all));
    }

    /** SGD with learning rate 5e-4, the paper's for vision. */
    private static void sgd(TramOptimizer.Builder builder, Method method) {
        Tracker rate = Tracker.fixed(5e-4f);
        builder.optAscent(Ascent.none())
                .setBaseOptimizer(Optimizer.sgd().setLearningRateTracker(rate).build());
    }

    private static void sam(TramOptimizer.Builder builder, Method method) {
        builder.optAscent(Ascent.sam(method.rho(0.05f)));
    }

    private static void asam(TramOptimizer.Builder builder, Method method) {
        builder.optAscent(Ascent.asam(method.rho(0.5f)));
    }

    private static void fisherSam(TramOptimizer.Builder builder, Method method) {
        builder.optAscent(Ascent.fisher(method.gamma(), method.eta()));
    }

    private static void tramFisher(TramOptimizer.Builder builder, Method method) {
        builder.optAscent(Ascent.tramFisher(method.gamma(), method.eta(), method.noise()));
    }

    private static void tramFisherShared(TramOptimizer.Builder builder, Method method) {
        builder.optAscent(Ascent.tramFisherShared(method.gamma(), method.eta(), method.noise()));
    }

    private static void cached(TramOptimizer.Builder builder, Method method) {
        tram(Methods::pretrained).accept(builder, method);
        builder.optPretrainedCache(1L << 30);
    }

    private static void quarter(TramOptimizer.Builder builder, Method method) {
        tram(Methods::previous).accept(builder, method);
        builder.optTrustRegionFraction(0.25f);
    }

    private static BiConsumer<TramOptimizer.Builder, Method> penalty(
            Function<Method, TrustRegion> region) {
        return (builder, method) ->
                builder.optAscent(Ascent.none()).optPenalty(penaltyOf(region, method));
    }

    private static BiConsumer<TramOptimizer.Builder, Method> asamAnd(
            Function<Method, TrustRegion> region) {
        return (builder, method) -> {
            asam(builder, method);
            builder.optPenalty(penaltyOf(region, method));
        };
    }

    private static TrustRegionPenalty penaltyOf(
            Function<Method, TrustRegion> region, Method method) {
        return new TrustRegionPenalty(regionOf(region, method), method.lambda());
    }

    private static BiConsumer<TramOptimizer.Builder, Method> tram(
            Function<Method, TrustRegion> region) {
        return (builder, method) -> {
            Radius radius = Radius.distance(regionOf(region, method));
            builder.optAscent(Ascent.of(Neighborhood.adaptive(), scaled(radius, method)));
        };
    }

    private static BiConsumer<TramOptimizer.Builder, Method> relative(
            Function<Method, TrustRegion> region) {
        return (builder, method) -> {
            Radius radius = Radius.relative(regionOf(region, method), method.rho(0.5f));
            builder.optAscent(Ascent.of(Neighborhood.adaptive(), scaled(radius, method)));
        };
    }

    private static Radius scaled(Radius radius, Method method) {
        float scale = method.scale();
        return scale == 1f ? radius : radius.scaledBy(scale);
    }

    private static TrustRegion regionOf(Function<Method, TrustRegion> region, Method method) {
        return region.apply(method).withDivergence(method.divergence());
    }

    private static TrustRegion previous(Method method) {
        return TrustRegion.previousStep();
    }

    private static TrustRegion pretrained(Method method) {
        return TrustRegion.pretrained();
    }

    private static TrustRegion average(Method method) {
        return TrustRegion.movingAverage(method.decay());
    }

    private static TrustRegion noisy(Method method) {
        return TrustRegion.noisyInput(method.noise());
    }
}
