package dev.tram.djl.internal.safetensors;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import dev.tram.djl.internal.files.Limit;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file, checked: names are there once; shape, type and range of each
 * tensor agree; the ranges cover the file's data without gap and without overlap.
 */
final class SafetensorsHeader {

    static final String METADATA = "__metadata__";

    /** PyTorch's arrays have no more (c10's dimension bitset). */
    private static final int MOST_DIMENSIONS = 64;

    private final long dataStart;
    private final long dataLength;
    private final Map<String, TensorEntry> entries = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    private SafetensorsHeader(long dataStart, long dataLength) {
        this.dataStart = dataStart;
        this.dataLength = dataLength;
    }

    /** What is wrong with a header. */
    static final class MalformedHeaderException extends IOException {

        private static final long serialVersionUID = 1L;

        MalformedHeaderException(String found) {
            super(found);
        }
    }

    /**
     * Reads a header.
     *
     * @param bytes its bytes
     * @param dataStart the file position of the data
     * @param dataLength the number of bytes of the data
     */
    static SafetensorsHeader read(ByteBuffer bytes, long dataStart, long dataLength)
            throws MalformedHeaderException {
        SafetensorsHeader header = new SafetensorsHeader(dataStart, dataLength);
        try (JsonReader json = new JsonReader(new StringReader(text(bytes)))) {
            header.read(json);
        } catch (MalformedHeaderException e) {
            throw e;
        } catch (IOException | IllegalStateException e) {
            // What is no JSON, and JSON of another kind than expected.
            throw new MalformedHeaderException("a header that cannot be read: " + reason(e));
        }
        header.checkCoverage();
        return header;
    }

    private static String reason(Exception e) {
        return e instanceof MalformedJsonException || e.getMessage() == null
                ? "no JSON"
                : e.getMessage().lines().findFirst().orElse("no JSON");
    }

    private static String text(ByteBuffer bytes) throws MalformedHeaderException {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            if (!text.startsWith("{")) {
                throw new MalformedHeaderException("a header without tensors");
            }
            return text;
        } catch (CharacterCodingException e) {
            throw new MalformedHeaderException("a header that is not UTF-8");
        }
    }

    private void read(JsonReader json) throws IOException {
        json.beginObject();
        boolean described = false;
        while (json.hasNext()) {
            String name = json.nextName();
            if (name.equals(METADATA)) {
                if (described) {
                    throw new MalformedHeaderException("two entries " + METADATA);
                }
                described = true;
                readMetadata(json);
            } else if (entries.containsKey(name)) {
                throw new MalformedHeaderException("two tensors named " + name);
            } else if (entries.size() == Limit.TENSORS.value()) {
                throw new MalformedHeaderException(
                        Limit.TENSORS.complaint(Limit.TENSORS.value() + 1, "tensors or more"));
            } else {
                entries.put(name, readTensor(name, json));
            }
        }
        json.endObject();
        if (json.peek() != JsonToken.END_DOCUMENT) {
            throw new MalformedHeaderException("something behind its header");
        }
    }

    private void readMetadata(JsonReader json) throws IOException {
        json.beginObject();
        while (json.hasNext()) {
            String key = json.nextName();
            if (json.peek() != JsonToken.STRING) {
                throw new MalformedHeaderException("metadata " + key + " that is not a text");
            }
            if (metadata.put(key, json.nextString()) != null) {
                throw new MalformedHeaderException("two metadata named " + key);
            }
        }
        json.endObject();
    }

    private TensorEntry readTensor(String name, JsonReader json) throws IOException {
        String type = null;
        List<Long> shape = null;
        List<Long> range = null;
        json.beginObject();
        while (json.hasNext()) {
            String key = json.nextName();
            boolean repeated =
                    switch (key) {
                        case "dtype" -> type != null;
                        case "shape" -> shape != null;
                        case "data_offsets" -> range != null;
                        default -> throw new MalformedHeaderException(name + " with a key " + key);
                    };
            if (repeated) {
                throw new MalformedHeaderException(name + " with two " + key);
            }
            switch (key) {
                case "dtype" -> type = json.nextString();
                case "shape" -> shape = numbers(name, key, json);
                default -> range = numbers(name, key, json);
            }
        }
        json.endObject();
        if (type == null || shape == null || range == null || range.size() != 2) {
            throw new MalformedHeaderException(name + " without dtype, shape or two data_offsets");
        }
        return entry(name, type, shape, range);
    }

    /** Integers from 0 to 2^63 − 1, written as such. */
    private static List<Long> numbers(String name, String key, JsonReader json) throws IOException {
        List<Long> numbers = new ArrayList<>();
        json.beginArray();
        while (json.hasNext()) {
            boolean number = json.peek() == JsonToken.NUMBER;
            String text = json.nextString();
            if (!number || !text.matches("0|[1-9]\\d{0,18}")) {
                throw new MalformedHeaderException(name + " with " + key + " of " + text);
            }
            try {
                numbers.add(Long.parseLong(text));
            } catch (NumberFormatException e) {
                throw new MalformedHeaderException(name + " with " + key + " of " + text);
            }
            if (numbers.size() > MOST_DIMENSIONS) {
                throw new MalformedHeaderException(
                        name + " with " + key + " of more than " + MOST_DIMENSIONS + " numbers");
            }
        }
        json.endArray();
        return numbers;
    }

    private TensorEntry entry(String name, String dtype, List<Long> shape, List<Long> range)
            throws MalformedHeaderException {
        DataType type;
        try {
            type = DataType.fromSafetensors(dtype);
        } catch (IllegalArgumentException e) {
            throw new MalformedHeaderException(name + " of type " + dtype);
        }
        long begin = range.get(0);
        long end = range.get(1);
        String ranged = name + " of type " + dtype + " and shape " + shape + " at " + range;
        if (begin > end) {
            throw new MalformedHeaderException(ranged);
        }
        if (end > dataLength) {
            throw new MalformedHeaderException(
                    ranged + ", and data of " + dataLength + " bytes instead of at least " + end);
        }
        try {
            long bytes = type.getNumOfBytes();
            for (long size : shape) {
                bytes = Math.multiplyExact(bytes, size);
            }
            if (bytes != end - begin) {
                throw new MalformedHeaderException(ranged + ", which are " + bytes + " bytes");
            }
        } catch (ArithmeticException e) {
            throw new MalformedHeaderException(ranged + ", which are more than 2^63 bytes");
        }
        long[] sizes = shape.stream().mapToLong(size -> size).toArray();
        return new TensorEntry(type, new Shape(sizes), dataStart + begin, dataStart + end);
    }

    private void checkCoverage() throws MalformedHeaderException {
        List<Map.Entry<String, TensorEntry>> sorted = new ArrayList<>(entries.entrySet());
        sorted.sort(
                Comparator.comparingLong(
                                (Map.Entry<String, TensorEntry> each) -> each.getValue().begin())
                        .thenComparingLong(each -> each.getValue().end()));
        long position = dataStart;
        String last = "the header";
        for (Map.Entry<String, TensorEntry> each : sorted) {
            long begin = each.getValue().begin();
            if (begin != position) {
                throw new MalformedHeaderException(
                        each.getKey()
                                + (begin < position ? " overlapping " : " not right behind ")
                                + last);
            }
            position = each.getValue().end();
            last = each.getKey();
        }
        if (position != dataStart + dataLength) {
            throw new MalformedHeaderException(
                    (dataStart + dataLength - position) + " bytes behind " + last);
        }
    }

    Map<String, TensorEntry> entries() {
        return entries;
    }

    Map<String, String> metadata() {
        return metadata;
    }
}
