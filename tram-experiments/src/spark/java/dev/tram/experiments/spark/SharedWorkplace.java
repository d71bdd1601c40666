package dev.tram.experiments.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * For a sweep in a folder that all machines share.
 *
 * @param logs where cells' output goes
 */
record SharedWorkplace(String logs) implements Workplace {

    @Override
    public Place of(int cell) throws IOException {
        Files.createDirectories(Path.of(logs));
        return new SharedPlace(Path.of(logName(cell)));
    }

    @Override
    public String logName(int cell) {
        return Path.of(logs, cell + ".log").toString();
    }

    private record SharedPlace(Path log) implements Place {

        @Override
        public List<String> javaOptions() {
            return List.of();
        }

        @Override
        public Map<String, String> environment() {
            return Map.of();
        }

        @Override
        public String classPath(String executor) {
            return executor;
        }

        @Override
        public void close() {
            // All of it is the sweep's.
        }
    }
}
