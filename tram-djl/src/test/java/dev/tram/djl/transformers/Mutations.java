package dev.tram.djl.transformers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Changes files as chance and strangers do: bytes of any, values and members of JSON. */
public final class Mutations {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** What has broken readers. */
    private static final List<String> HOSTILE =
            List.of(
                    "null",
                    "[]",
                    "{}",
                    "\"\"",
                    "-1",
                    "0",
                    "0.5",
                    "1e300",
                    "2147483647",
                    "2147483648",
                    "4294967295",
                    "4294967296",
                    "9223372036854775807",
                    "18446744073709551616",
                    "true",
                    "\"x\"",
                    "\"\\u0000\"",
                    "\"../../x\"",
                    "\"(a+)+$\"",
                    "{\"Regex\": \"(a|a)*b\"}",
                    "{\"Regex\": \"^(([a-z])+.)+[A-Z]([a-z])+$\"}",
                    "{\"String\": \"\"}",
                    "{\"type\": \"Sequence\"}",
                    "{\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": \"aaaaaaaa\"}",
                    "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"AAQAAP////8=\"}",
                    "{\"type\": \"Unigram\", \"unk_id\": null, \"vocab\": [[\"a\", -1.0]]}",
                    "{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": []}",
                    "{\"type\": \"WordLevel\", \"vocab\": {}, \"unk_token\": \"x\"}",
                    "{\"type\": \"FixedLength\", \"length\": 0}",
                    "{\"type\": \"Strip\", \"content\": \"a\", \"start\": 9, \"stop\": 9}");

    private final Random random;

    public Mutations(long seed) {
        random = new Random(seed);
    }

    /** Changes a JSON file, mostly by its parts. */
    public byte[] json(byte[] file) throws IOException {
        if (random.nextInt(4) == 0) {
            return bytes(file);
        }
        JsonNode tree = MAPPER.readTree(file);
        for (int i = 0; i <= random.nextInt(3); i++) {
            change(tree);
        }
        return MAPPER.writeValueAsBytes(tree);
    }

    /** Changes a safetensors file: its header's parts, its header's length, or any bytes. */
    public byte[] safetensors(byte[] file) throws IOException {
        if (random.nextInt(3) == 0) {
            return bytes(file);
        }
        ByteBuffer buffer = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) buffer.getLong();
        byte[] header = json(Arrays.copyOfRange(file, Long.BYTES, Long.BYTES + length));
        byte[] data = Arrays.copyOfRange(file, Long.BYTES + length, file.length);
        return ByteBuffer.allocate(Long.BYTES + header.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(random.nextInt(10) == 0 ? random.nextLong() : header.length)
                .put(header)
                .put(data)
                .array();
    }

    private void change(JsonNode tree) throws IOException {
        List<JsonNode> containers = new ArrayList<>();
        collect(tree, containers);
        if (containers.isEmpty()) {
            return;
        }
        JsonNode chosen = containers.get(random.nextInt(containers.size()));
        JsonNode value = MAPPER.readTree(HOSTILE.get(random.nextInt(HOSTILE.size())));
        if (chosen instanceof ObjectNode object) {
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            String name = names.get(random.nextInt(names.size()));
            switch (random.nextInt(4)) {
                case 0 -> object.remove(name);
                case 1 -> object.set("x" + random.nextInt(9), object.get(name));
                default -> object.set(name, value);
            }
        } else if (chosen instanceof ArrayNode array) {
            int index = random.nextInt(array.size());
            switch (random.nextInt(3)) {
                case 0 -> array.remove(index);
                case 1 -> array.add(array.get(index));
                default -> array.set(index, value);
            }
        }
    }

    private static void collect(JsonNode node, List<JsonNode> containers) {
        if (node.isContainerNode() && !node.isEmpty()) {
            containers.add(node);
        }
        node.forEach(part -> collect(part, containers));
    }

    /** Flips, leaves out, repeats and cuts bytes. */
    public byte[] bytes(byte[] file) {
        byte[] changed = file.clone();
        for (int i = 0; i <= random.nextInt(4) && changed.length > 1; i++) {
            int from = random.nextInt(changed.length);
            int to = Math.min(changed.length, from + 1 + random.nextInt(64));
            switch (random.nextInt(5)) {
                case 0 -> changed[from] ^= (byte) (1 << random.nextInt(8));
                case 1 -> changed[from] = (byte) random.nextInt(256);
                case 2 -> changed = Arrays.copyOf(changed, from);
                case 3 -> changed = joined(changed, from, to);
                default -> changed = joined(changed, to, from);
            }
        }
        return changed;
    }

    /** The bytes before one place and those from another one on. */
    private static byte[] joined(byte[] file, int before, int from) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(file, 0, before);
        out.write(file, from, file.length - from);
        return out.toByteArray();
    }

    /** Returns a text for an encoder: of the vocabulary, long, odd. */
    String text() {
        return switch (random.nextInt(4)) {
            case 0 -> "the cat sat on a mat";
            case 1 -> "a".repeat(1 + random.nextInt(300)) + "!";
            case 2 -> " \t\r\n".repeat(1 + random.nextInt(50));
            default ->
                    random.ints(50, 1, 0x1ffff)
                            .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
                            .collect(
                                    StringBuilder::new,
                                    StringBuilder::appendCodePoint,
                                    StringBuilder::append)
                            .toString();
        };
    }
}
