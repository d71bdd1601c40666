package dev.tram.djl;

import static dev.tram.djl.HyperParameter.ALPHA;
import static dev.tram.djl.HyperParameter.DECAY;
import static dev.tram.djl.HyperParameter.DELTA;
import static dev.tram.djl.HyperParameter.DIVERGENCE;
import static dev.tram.djl.HyperParameter.ETA;
import static dev.tram.djl.HyperParameter.FRIENDLY_LAMBDA;
import static dev.tram.djl.HyperParameter.FRIENDLY_SIGMA;
import static dev.tram.djl.HyperParameter.GAMMA;
import static dev.tram.djl.HyperParameter.K;
import static dev.tram.djl.HyperParameter.LAMBDA;
import static dev.tram.djl.HyperParameter.LAMBDA1;
import static dev.tram.djl.HyperParameter.LAMBDA2;
import static dev.tram.djl.HyperParameter.RHO;
import static dev.tram.djl.HyperParameter.SCALE;
import static dev.tram.djl.HyperParameter.SIGMA;
import static dev.tram.djl.HyperParameter.STEPS;
import static dev.tram.djl.HyperParameter.TAU;
import static dev.tram.djl.HyperParameter.WSAM_GAMMA;

import dev.tram.core.Descent;
import dev.tram.core.Direction;
import dev.tram.core.Divergences;
import dev.tram.core.Neighborhood;
import dev.tram.core.Radius;
import dev.tram.core.Schedule;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import dev.tram.djl.Recipe.Choice;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The choices on each axis with their sources' hyper-parameters. */
final class Choices {

    private static final float SIGMA_OF_PAPER = 0.1f;
    private static final float GAMMA_OF_PAPER = 0.1f;
    private static final float ETA_OF_PAPER = 0.1f;
    private static final float LAMBDA_OF_PAPER = 0.1f;

    private Choices() {}

    /** A recipe with another choice on an axis, by name. */
    static Recipe choose(Recipe recipe, HyperParameter axis, String name) {
        return switch (axis) {
            case DIRECTION -> recipe.withDirection(direction(name));
            case NEIGHBORHOOD -> recipe.with(neighborhood(name));
            case RADIUS -> recipe.withRadius(Methods.recipe(name).radius());
            case DESCENT -> recipe.withDescent(descent(name));
            default -> throw new IllegalStateException(axis + " is not an axis");
        };
    }

    static Choice<Direction> direction(String name) {
        return switch (name) {
            case "gradient" -> Choice.of(Direction.gradient());
            case "friendly" ->
                    new Choice<>(
                            Map.of(FRIENDLY_SIGMA, 1f, FRIENDLY_LAMBDA, 0.6f),
                            m ->
                                    Direction.friendly(
                                            m.number(FRIENDLY_SIGMA), m.number(FRIENDLY_LAMBDA)));
            case "averaged" ->
                    new Choice<>(Map.of(TAU, 0.4f), m -> Direction.averaged(m.number(TAU)));
            case "momentum" -> Choice.of(Direction.momentum());
            default -> throw new IllegalStateException("no direction " + name);
        };
    }

    static Choice<Neighborhood> neighborhood(String name) {
        return switch (name) {
            case "euclidean" -> Choice.of(Neighborhood.euclidean());
            case "adaptive" -> Choice.of(Neighborhood.adaptive());
            case "fisher" ->
                    new Choice<>(
                            Map.of(ETA, ETA_OF_PAPER), m -> Neighborhood.fisher(m.number(ETA)));
            case "preconditioned" -> Choice.of(Neighborhood.preconditioned());
            default -> throw new IllegalStateException("no neighborhood " + name);
        };
    }

    /** TRAM-Fisher's, from a pass of its own or from the first. */
    static Choice<Neighborhood> noisyFisher(boolean shared) {
        return new Choice<>(
                Map.of(ETA, ETA_OF_PAPER, SIGMA, SIGMA_OF_PAPER),
                m ->
                        shared
                                ? Neighborhood.fisherShared(m.number(ETA), m.noise())
                                : Neighborhood.fisher(m.number(ETA), m.noise()));
    }

    static Choice<Descent> descent(String name) {
        return switch (name) {
            case "ascended" -> Choice.of(Descent.ascended());
            case "gap" -> new Choice<>(Map.of(ALPHA, 0.4f), m -> Descent.gap(m.number(ALPHA)));
            case "reused" ->
                    new Choice<>(
                            Map.of(K, 5L, ALPHA, 0.7f),
                            m -> Descent.reused((int) m.integer(K), m.number(ALPHA)));
            case "weighted" ->
                    new Choice<>(
                            Map.of(WSAM_GAMMA, 0.9f), m -> Descent.weighted(m.number(WSAM_GAMMA)));
            case "decoupled" ->
                    new Choice<>(
                            Map.of(WSAM_GAMMA, 0.9f),
                            m -> Descent.weighted(m.number(WSAM_GAMMA)).decoupled());
            case "functional" -> Choice.of(Descent.functional());
            default -> throw new IllegalStateException("no descent " + name);
        };
    }

    static Choice<Radius> fixed(float rho) {
        return new Choice<>(Map.of(RHO, rho), m -> Radius.fixed(m.number(RHO)));
    }

    static Choice<Radius> fixedGamma() {
        return new Choice<>(Map.of(GAMMA, GAMMA_OF_PAPER), m -> Radius.fixed(m.number(GAMMA)));
    }

    static Choice<Radius> unnormalised(float rho) {
        return new Choice<>(Map.of(RHO, rho), m -> Radius.unnormalised(m.number(RHO)));
    }

    static Choice<Radius> distance(Choice<TrustRegion> region) {
        return new Choice<>(
                and(region.defaults(), SCALE, 1f),
                m -> scaled(Radius.distance(region.make().apply(m)), m));
    }

    static Choice<Radius> relative(Choice<TrustRegion> region) {
        return new Choice<>(
                and(and(region.defaults(), SCALE, 1f), RHO, 0.5f),
                m -> scaled(Radius.relative(region.make().apply(m), m.number(RHO)), m));
    }

    static Choice<Radius> lagged(Choice<TrustRegion> region) {
        Choice<Radius> distance = distance(region);
        return new Choice<>(
                and(distance.defaults(), RHO, 1f),
                m -> distance.make().apply(m).lagged().atMost(m.number(RHO)));
    }

    private static Radius scaled(Radius radius, Method method) {
        float scale = method.number(SCALE);
        return scale == 1f ? radius : radius.scaledBy(scale);
    }

    /** AE-SAM's; the experiments set T to their own length. */
    static Choice<Schedule> adaptive() {
        return new Choice<>(
                Map.of(DELTA, 0.9f, LAMBDA1, -1f, LAMBDA2, 1f, STEPS, 10_000L),
                m ->
                        Schedule.adaptive(
                                m.number(DELTA),
                                m.number(LAMBDA1),
                                m.number(LAMBDA2),
                                m.integer(STEPS)));
    }

    static Choice<Optional<TrustRegionPenalty>> penalty(Choice<TrustRegion> region) {
        return new Choice<>(
                and(region.defaults(), LAMBDA, LAMBDA_OF_PAPER),
                m -> Optional.of(new TrustRegionPenalty(region.make().apply(m), m.number(LAMBDA))));
    }

    static Choice<TrustRegion> previous() {
        return region(Map.of(), m -> TrustRegion.previousStep());
    }

    static Choice<TrustRegion> pretrained() {
        return region(Map.of(), m -> TrustRegion.pretrained());
    }

    static Choice<TrustRegion> average() {
        return region(Map.of(DECAY, 0.999f), m -> TrustRegion.movingAverage(m.number(DECAY)));
    }

    static Choice<TrustRegion> noisy() {
        return region(Map.of(SIGMA, SIGMA_OF_PAPER), m -> TrustRegion.noisyInput(m.noise()));
    }

    private static Choice<TrustRegion> region(
            Map<HyperParameter, Object> own, Function<Method, TrustRegion> make) {
        return new Choice<>(
                and(own, DIVERGENCE, Divergences.forwardKl()),
                m -> make.apply(m).withDivergence(m.divergence()));
    }

    private static Map<HyperParameter, Object> and(
            Map<HyperParameter, Object> defaults, HyperParameter key, Object value) {
        Map<HyperParameter, Object> more = new HashMap<>(defaults);
        more.put(key, value);
        return more;
    }
}
