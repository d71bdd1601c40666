package dev.tram.experiments;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.tram.djl.analysis.RadiusSearch.Point;
import dev.tram.djl.analysis.RadiusSearch.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a search has tried so far, and what it found: the content of tune-METHOD.json.
 *
 * @param points each value's losses, by the number of updates after the warm-up
 * @param best the value to use, null while the search goes on
 */
public record TuneRecord(String target, String method, String key, List<Point> points, Float best) {

    public TuneRecord {
        points = List.copyOf(points);
    }

    TuneRecord with(Point point) {
        List<Point> more = new ArrayList<>(points);
        more.add(point);
        return new TuneRecord(target, method, key, more, best);
    }

    TuneRecord with(float found) {
        return new TuneRecord(target, method, key, points, found);
    }

    Optional<Point> point(float value, int steps) {
        return points.stream()
                .filter(point -> point.value() == value && point.steps() == steps)
                .findFirst();
    }

    /**
     * Returns the method with the value to use, as {@code --methods} takes it; null while the
     * search goes on.
     */
    @JsonProperty(access = JsonProperty.Access.READ_ONLY)
    public String use() {
        return best == null ? null : variant(method, key, best);
    }

    static String variant(String method, String key, float value) {
        return method + "@" + key + "=" + value;
    }

    /** Renders the curve, a line per value with its last loss, and the value to use. */
    public String table() {
        TreeMap<Float, Point> last = new TreeMap<>();
        points.forEach(point -> last.put(point.value(), point));
        String curve = new Result(best, List.copyOf(last.values())).table();
        String text = "%s, %s by %s\n%sUse: %s\n".formatted(target, method, key, curve, use());
        String end =
                best.equals(last.firstKey())
                        ? "smallest"
                        : best.equals(last.lastKey()) ? "largest" : "";
        return end.isEmpty()
                ? text
                : text
                        + "The best is the %s that was tried: search further with --%s\n"
                                .formatted(end, end);
    }
}
