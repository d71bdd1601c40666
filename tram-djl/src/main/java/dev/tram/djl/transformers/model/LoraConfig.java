package dev.tram.djl.transformers.model;

import dev.tram.core.internal.Arguments;
import java.util.List;

/**
 * Low-rank adaptation (Hu et al., 2022): a linear map W of shape (out, in) becomes W + s B A, with
 * A of shape (r, in), B of shape (out, r) and B = 0 at the start. Only A and B are trained.
 *
 * @param rank the rank r
 * @param alpha the scale's numerator
 * @param dropout the dropout of what A reads
 * @param rsLora whether s is alpha/√r (Kalajdzievski, 2023) instead of alpha/r
 * @param targetModules the linear maps by the last parts of their names, such as {@code query}; or
 *     one regular expression that matches whole names; or {@code all-linear}, all but the head
 * @param modulesToSave parts of the model that are trained whole, by the last parts of their names,
 *     such as {@code classifier}
 * @param baseModel what the checkpoint is called that the adapter belongs to, empty if unknown
 */
public record LoraConfig(
        int rank,
        float alpha,
        float dropout,
        boolean rsLora,
        List<String> targetModules,
        List<String> modulesToSave,
        String baseModel) {

    static final String ALL_LINEAR = "all-linear";

    /** Checks the configuration. */
    public LoraConfig {
        Arguments.atLeast("r", rank, 1);
        Arguments.positive("lora_alpha", alpha);
        Ranges.dropout("lora_dropout", dropout);
        targetModules = List.copyOf(targetModules);
        modulesToSave = List.copyOf(modulesToSave);
        if (targetModules.isEmpty()) {
            throw Arguments.rejected("target_modules", "at least one linear map", targetModules);
        }
    }

    /**
     * Returns a builder.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns the configuration with other parts that are trained whole. */
    LoraConfig withModulesToSave(List<String> names) {
        return new LoraConfig(rank, alpha, dropout, rsLora, targetModules, names, baseModel);
    }

    /** Returns the factor s of B A. */
    float scale() {
        return (float) (alpha / (rsLora ? Math.sqrt(rank) : rank));
    }

    /** Whether a single target is a regular expression rather than the end of a name. */
    boolean isPattern() {
        return targetModules.size() == 1 && !targetModules.get(0).matches("[\\w.-]*");
    }

    /**
     * Returns whether a linear map is adapted.
     *
     * @param target one of the targets
     * @param name the map's name
     * @param inTrunk whether the map is outside the model's head
     */
    boolean targets(String target, String name, boolean inTrunk) {
        if (target.equals(ALL_LINEAR)) {
            return inTrunk;
        }
        return isPattern()
                ? BoundedSearch.matches(target, name)
                : ("." + name).endsWith("." + target);
    }

    /** Returns whether a part of the model contains a linear map. */
    static boolean saves(String part, String name) {
        return ("." + name + ".").contains("." + part + ".");
    }

    /** Builds a {@link LoraConfig}. */
    public static final class Builder {

        private int rank = 8;
        private float alpha = 8;
        private float dropout;
        private boolean rsLora;
        private List<String> targetModules = List.of();
        private List<String> modulesToSave = List.of();
        private String baseModel = "";

        private Builder() {}

        /**
         * Sets the adapted linear maps.
         *
         * @param names the last parts of their names, such as {@code query} and {@code value}; or
         *     one regular expression that matches whole names; or {@code all-linear}
         * @return this builder
         */
        public Builder setTargetModules(String... names) {
            targetModules = List.of(names);
            return this;
        }

        /**
         * Sets the rank.
         *
         * @param newRank the rank r, 8 unless set
         * @return this builder
         */
        public Builder optRank(int newRank) {
            rank = newRank;
            return this;
        }

        /**
         * Sets the scale's numerator.
         *
         * @param newAlpha the numerator, 8 unless set
         * @return this builder
         */
        public Builder optAlpha(float newAlpha) {
            alpha = newAlpha;
            return this;
        }

        /**
         * Sets the dropout of what A reads.
         *
         * @param rate the rate, 0 unless set
         * @return this builder
         */
        public Builder optDropout(float rate) {
            dropout = rate;
            return this;
        }

        /**
         * Sets the rank-stabilised scale.
         *
         * @param newRsLora whether s is alpha/√r
         * @return this builder
         */
        public Builder optRsLora(boolean newRsLora) {
            rsLora = newRsLora;
            return this;
        }

        /**
         * Sets the parts that are trained whole; a new head belongs here.
         *
         * @param names the last parts of their names, such as {@code classifier}
         * @return this builder
         */
        public Builder optModulesToSave(String... names) {
            modulesToSave = List.of(names);
            return this;
        }

        /**
         * Sets what adapter_config.json calls the checkpoint.
         *
         * @param name a directory or a name on the hub
         * @return this builder
         */
        public Builder optBaseModel(String name) {
            baseModel = name;
            return this;
        }

        /**
         * Builds the configuration.
         *
         * @return the configuration
         * @throws IllegalArgumentException if a value is out of its range
         */
        public LoraConfig build() {
            return new LoraConfig(
                    rank, alpha, dropout, rsLora, targetModules, modulesToSave, baseModel);
        }
    }
}
