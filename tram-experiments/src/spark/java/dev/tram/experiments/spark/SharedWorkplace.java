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
        return new Place(Path.of(logName(cell)), List.of(), Map.of(), "", () -> {});
    }

    @Override
    public String logName(int cell) {
        return Path.of(logs, cell + ".log").toString();
    }
}
