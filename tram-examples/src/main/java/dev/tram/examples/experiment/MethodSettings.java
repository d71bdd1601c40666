package dev.tram.examples.experiment;

import dev.tram.core.Divergences;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.Method;
import dev.tram.djl.Method.HyperParameter;
import dev.tram.djl.Methods;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Hyper-parameters that replace the methods' own; null leaves the paper's.
 *
 * @param rho the radius ρ of SAM, ASAM and the relative radius
 * @param sigma the standard deviation σ of the input noise
 * @param gamma the radius γ of the Fisher methods
 * @param lambda the weight λ of the penalties
 * @param scale a factor on the radius of the TRAM methods
 * @param divergence the divergence of the trust regions
 */
public record MethodSettings(
        Float rho, Float sigma, Float gamma, Float lambda, Float scale, String divergence) {

    /** The paper's hyper-parameters. */
    public static final MethodSettings PAPER =
            new MethodSettings(null, null, null, null, null, null);

    /** The hyper-parameters that can be replaced. */
    static final Set<HyperParameter> KEYS =
            EnumSet.of(
                    HyperParameter.RHO,
                    HyperParameter.SIGMA,
                    HyperParameter.GAMMA,
                    HyperParameter.LAMBDA,
                    HyperParameter.SCALE,
                    HyperParameter.DIVERGENCE);

    /** Checks each value by setting it in all methods that have it. */
    public MethodSettings {
        for (String name : Methods.names()) {
            apply(Methods.named(name), rho, sigma, gamma, lambda, scale, divergence);
        }
    }

    /**
     * Returns a method with those of these hyper-parameters that it has and does not set itself.
     *
     * @param name one of {@link Methods#names()}, or a {@link MethodVariant} of it
     * @return the method
     * @throws IllegalArgumentException if there is no such method or variant
     */
    public Method method(String name) {
        MethodVariant variant = MethodVariant.of(name);
        return variant.settings().on(on(Methods.named(variant.method())));
    }

    private Method on(Method method) {
        return apply(method, rho, sigma, gamma, lambda, scale, divergence);
    }

    /**
     * Refuses a hyper-parameter that none of some methods has, or that all set themselves.
     *
     * @param names the methods' names, or variants
     * @throws IllegalArgumentException if there is one, naming it
     */
    public void requireUse(List<String> names) {
        Map<HyperParameter, Object> unused = given();
        for (String name : names) {
            MethodVariant variant = MethodVariant.of(name);
            Set<HyperParameter> own = variant.settings().given().keySet();
            Methods.named(variant.method()).hyperParameters().stream()
                    .filter(key -> !own.contains(key))
                    .forEach(unused::remove);
        }
        unused.forEach(
                (key, value) -> {
                    throw Arguments.rejected(
                            "--" + key,
                            "absent, as no method of " + String.join(",", names) + " has it",
                            value);
                });
    }

    /** Those that are not null; a new map. */
    private Map<HyperParameter, Object> given() {
        Map<HyperParameter, Object> given = new EnumMap<>(HyperParameter.class);
        given.put(HyperParameter.RHO, rho);
        given.put(HyperParameter.SIGMA, sigma);
        given.put(HyperParameter.GAMMA, gamma);
        given.put(HyperParameter.LAMBDA, lambda);
        given.put(HyperParameter.SCALE, scale);
        given.put(HyperParameter.DIVERGENCE, divergence);
        given.values().removeIf(Objects::isNull);
        return given;
    }

    private static Method apply(
            Method paper,
            Float rho,
            Float sigma,
            Float gamma,
            Float lambda,
            Float scale,
            String divergence) {
        Method method = set(paper, HyperParameter.RHO, rho, Method::withRho);
        method = set(method, HyperParameter.SIGMA, sigma, Method::withSigma);
        method = set(method, HyperParameter.GAMMA, gamma, Method::withGamma);
        method = set(method, HyperParameter.LAMBDA, lambda, Method::withLambda);
        method = set(method, HyperParameter.SCALE, scale, Method::withScale);
        return set(
                method,
                HyperParameter.DIVERGENCE,
                divergence,
                (m, name) -> m.withDivergence(Divergences.named(name)));
    }

    private static <T> Method set(
            Method method, HyperParameter key, T value, BiFunction<Method, T, Method> setter) {
        boolean applies = value != null && method.hyperParameters().contains(key);
        return applies ? setter.apply(method, value) : method;
    }
}
