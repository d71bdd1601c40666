package dev.tram.experiments;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.djl.internal.files.RegularFile;
import dev.tram.djl.tensorboard.EventFile;
import java.io.BufferedWriter;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A run's metrics: a line of JSON per step. */
public final class Metrics implements AutoCloseable {

    private final BufferedWriter writer;
    private final Optional<EventFile> events;

    private Metrics(BufferedWriter writer, Optional<EventFile> events) {
        this.writer = writer;
        this.events = events;
    }

    /**
     * Opens a file for the steps after one.
     *
     * @param step the last step whose line is kept; lines after it are cut
     * @param events where the steps go as event files for TensorBoard, too, if anywhere
     */
    public static Metrics after(int step, Path file, Optional<Path> events) throws IOException {
        Files.createDirectories(file.getParent());
        List<String> kept = new ArrayList<>();
        if (step > 0) {
            List<String> lines = Files.readAllLines(RegularFile.require(file));
            if (lines.size() < step) {
                throw new IOException(
                        file + " has " + lines.size() + " lines, expected at least " + step);
            }
            kept.addAll(lines.subList(0, step));
        }
        AtomicFile.write(file, String.join("\n", kept) + (step > 0 ? "\n" : ""));
        Optional<EventFile> begun =
                events.isPresent() ? Optional.of(EventFile.in(events.get())) : Optional.empty();
        return new Metrics(Files.newBufferedWriter(file, StandardOpenOption.APPEND), begun);
    }

    public void write(StepRecord step) throws IOException {
        writer.write(Json.MAPPER.writeValueAsString(step));
        writer.write('\n');
        if (events.isPresent()) {
            events.get().add(step.step(), step.figures());
        }
    }

    /** Hands all lines to the file system. */
    public void flush() throws IOException {
        writer.flush();
    }

    @Override
    public void close() throws IOException {
        try (writer) {
            if (events.isPresent()) {
                events.get().close();
            }
        }
    }

    /** Reads a run's metrics; refuses damaged ones. */
    public static List<StepRecord> read(Path file) throws IOException {
        List<StepRecord> steps = new ArrayList<>();
        try (MappingIterator<StepRecord> lines =
                Json.MAPPER
                        .readerFor(StepRecord.class)
                        .readValues(RegularFile.require(file).toFile())) {
            while (lines.hasNextValue()) {
                StepRecord step = lines.nextValue();
                if (step == null || step.step() != steps.size() + 1) {
                    throw Json.damaged(file, steps.size() + 1);
                }
                steps.add(step);
            }
        } catch (JsonProcessingException | CharConversionException e) {
            throw Json.damaged(file, steps.size() + 1);
        }
        return steps;
    }
}
