package dev.tram.experiments;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.HyperParameter;
import dev.tram.djl.Method;
import dev.tram.djl.Methods;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

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

    /** Checks each value by setting it in all methods that have it. */
    public MethodSettings {
        Map<HyperParameter, Object> given = given(rho, sigma, gamma, lambda, scale, divergence);
        Methods.names().forEach(name -> on(Methods.named(name), given));
    }

    /**
     * Returns a method with those of these hyper-parameters that it has and does not set itself.
     *
     * @param name one of {@link Methods#names()}, or a {@link MethodVariant} of it
     * @throws IllegalArgumentException if there is no such method or variant
     */
    public Method method(String name) {
        MethodVariant variant = MethodVariant.of(name);
        return variant.on(on(Methods.named(variant.method()), given()));
    }

    /** Refuses a hyper-parameter that none of some methods has, or that all set themselves. */
    public void requireUse(List<String> names) {
        Map<HyperParameter, Object> unused = given();
        for (String name : names) {
            MethodVariant variant = MethodVariant.of(name);
            Set<HyperParameter> own = variant.given().keySet();
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
        return given(rho, sigma, gamma, lambda, scale, divergence);
    }

    private static Map<HyperParameter, Object> given(
            Float rho, Float sigma, Float gamma, Float lambda, Float scale, String divergence) {
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

    /** A method with those of some hyper-parameters that it has. */
    private static Method on(Method paper, Map<HyperParameter, Object> given) {
        Method method = paper;
        for (Map.Entry<HyperParameter, Object> entry : given.entrySet()) {
            if (method.hyperParameters().contains(entry.getKey())) {
                method = method.with(entry.getKey(), entry.getValue());
            }
        }
        return method;
    }
}
