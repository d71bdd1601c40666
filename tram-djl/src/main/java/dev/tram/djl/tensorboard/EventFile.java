package dev.tram.djl.tensorboard;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * A file of scalars over steps that TensorBoard shows, also while it grows: a TFRecord file of <a
 * href="https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto">
 * {@code Event}</a> messages. Not safe for use by several threads.
 */
public final class EventFile implements Closeable {

    private static final String VERSION = "brain.Event:2";

    /** Field numbers of Event, Summary and Summary.Value. */
    private static final int WALL_TIME = 1;

    private static final int STEP = 2;
    private static final int FILE_VERSION = 3;
    private static final int SUMMARY = 5;
    private static final int VALUE = 1;
    private static final int TAG = 1;
    private static final int SIMPLE_VALUE = 2;

    /** TFRecord's: a checksum of data that holds checksums would be weak. */
    private static final int MASK_DELTA = 0xa282ead8;

    private final Path file;
    private final Clock clock;
    private final OutputStream out;

    private EventFile(Path file, Clock clock) throws IOException {
        this.file = file;
        this.clock = clock;
        out =
                new BufferedOutputStream(
                        Files.newOutputStream(
                                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    }

    /**
     * Begins a file. TensorBoard reads all files of a directory as one run, in the order of their
     * names, so a resumed training may begin another file there.
     *
     * @param directory the run's directory, made if absent
     * @return the file, which already holds its version
     * @throws IOException if it cannot be written
     */
    public static EventFile in(Path directory) throws IOException {
        return in(directory, Clock.systemUTC());
    }

    static EventFile in(Path directory, Clock clock) throws IOException {
        Files.createDirectories(directory);
        String stamp = "events.out.tfevents.%010d.tram".formatted(clock.instant().getEpochSecond());
        Path file = directory.resolve(stamp);
        for (int i = 1; Files.exists(file); i++) {
            file = directory.resolve(stamp + "." + i);
        }
        EventFile events = new EventFile(file, clock);
        events.write(event -> event.writeString(FILE_VERSION, VERSION));
        return events;
    }

    /**
     * Returns the file.
     *
     * @return its path
     */
    public Path file() {
        return file;
    }

    /**
     * Adds the figures of a step, readable by others when this returns.
     *
     * @param step the step, from 0
     * @param figures the figures by name; what is not finite is kept, TensorBoard marks it
     * @throws IOException if they cannot be written
     * @throws IllegalArgumentException if the step is negative
     */
    public void add(long step, Map<String, Double> figures) throws IOException {
        if (step < 0) {
            throw new IllegalArgumentException("step must be 0 or more, received: " + step);
        }
        if (figures.isEmpty()) {
            return;
        }
        byte[] summary =
                message(
                        out -> {
                            for (Map.Entry<String, Double> figure : figures.entrySet()) {
                                out.writeBytes(VALUE, ByteString.copyFrom(value(figure)));
                            }
                        });
        write(
                event -> {
                    event.writeInt64(STEP, step);
                    event.writeBytes(SUMMARY, ByteString.copyFrom(summary));
                });
    }

    private static byte[] value(Map.Entry<String, Double> figure) throws IOException {
        return message(
                out -> {
                    out.writeString(TAG, Objects.requireNonNull(figure.getKey(), "figure"));
                    out.writeFloat(SIMPLE_VALUE, figure.getValue().floatValue());
                });
    }

    /** Fields of a message. */
    private interface Fields {

        void writeTo(CodedOutputStream out) throws IOException;
    }

    private static byte[] message(Fields fields) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream coded = CodedOutputStream.newInstance(bytes);
        fields.writeTo(coded);
        coded.flush();
        return bytes.toByteArray();
    }

    /** Writes a record: length, its checksum, the event, its checksum; little endian. */
    private void write(Fields fields) throws IOException {
        byte[] event =
                message(
                        out -> {
                            out.writeDouble(WALL_TIME, clock.millis() / 1e3);
                            fields.writeTo(out);
                        });
        byte[] length = littleEndian(Long.BYTES).putLong(event.length).array();
        out.write(length);
        out.write(checksum(length));
        out.write(event);
        out.write(checksum(event));
        out.flush();
    }

    private static ByteBuffer littleEndian(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] checksum(byte[] data) {
        CRC32C crc = new CRC32C();
        crc.update(data);
        int masked = Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
        return littleEndian(Integer.BYTES).putInt(masked).array();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
