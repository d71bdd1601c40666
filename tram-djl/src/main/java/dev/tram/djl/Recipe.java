package dev.tram.djl;

import dev.tram.core.Ascent;
import dev.tram.core.Descent;
import dev.tram.core.Direction;
import dev.tram.core.Neighborhood;
import dev.tram.core.Radius;
import dev.tram.core.Schedule;
import dev.tram.core.TrustRegionPenalty;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;

/** What a method is on each axis. */
record Recipe(
        Choice<Direction> direction,
        Choice<Neighborhood> neighborhood,
        Choice<Radius> radius,
        Choice<Schedule> schedule,
        Choice<Descent> descent,
        Choice<Optional<TrustRegionPenalty>> penalty,
        Consumer<TramOptimizer.Builder> options) {

    /**
     * A choice on an axis.
     *
     * @param defaults its hyper-parameters, with the source's values
     * @param make makes it of a method's values
     */
    record Choice<T>(Map<HyperParameter, Object> defaults, Function<Method, T> make) {

        static <T> Choice<T> of(T value) {
            return new Choice<>(Map.of(), method -> value);
        }
    }

    /** The base optimizer's own step. */
    static Recipe base() {
        return new Recipe(
                Choice.of(Direction.gradient()),
                Choice.of(Neighborhood.euclidean()),
                Choice.of(Radius.fixed(0)),
                Choice.of(Schedule.always()),
                Choice.of(Descent.ascended()),
                Choice.of(Optional.empty()),
                builder -> {});
    }

    /** An ascent along the gradient in every step. */
    static Recipe ascent(Choice<Neighborhood> neighborhood, Choice<Radius> radius) {
        return base().with(neighborhood).withRadius(radius);
    }

    Recipe withDirection(Choice<Direction> other) {
        return new Recipe(other, neighborhood, radius, schedule, descent, penalty, options);
    }

    Recipe with(Choice<Neighborhood> other) {
        return new Recipe(direction, other, radius, schedule, descent, penalty, options);
    }

    Recipe withRadius(Choice<Radius> other) {
        return new Recipe(direction, neighborhood, other, schedule, descent, penalty, options);
    }

    Recipe withSchedule(Choice<Schedule> other) {
        return new Recipe(direction, neighborhood, radius, other, descent, penalty, options);
    }

    Recipe withDescent(Choice<Descent> other) {
        return new Recipe(direction, neighborhood, radius, schedule, other, penalty, options);
    }

    Recipe withPenalty(Choice<Optional<TrustRegionPenalty>> other) {
        return new Recipe(direction, neighborhood, radius, schedule, descent, other, options);
    }

    Recipe withOptions(Consumer<TramOptimizer.Builder> other) {
        return new Recipe(direction, neighborhood, radius, schedule, descent, penalty, other);
    }

    /** The hyper-parameters of all choices, with their values. */
    Map<HyperParameter, Object> defaults() {
        Map<HyperParameter, Object> all = new TreeMap<>();
        all.putAll(direction.defaults());
        all.putAll(neighborhood.defaults());
        all.putAll(radius.defaults());
        all.putAll(schedule.defaults());
        all.putAll(descent.defaults());
        all.putAll(penalty.defaults());
        return all;
    }

    void apply(TramOptimizer.Builder builder, Method method) {
        Ascent ascent =
                new Ascent(
                        direction.make().apply(method),
                        neighborhood.make().apply(method),
                        radius.make().apply(method),
                        method.limited(schedule.make().apply(method)));
        builder.optAscent(ascent).optDescent(descent.make().apply(method));
        penalty.make().apply(method).ifPresent(builder::optPenalty);
        options.accept(builder);
    }
}
