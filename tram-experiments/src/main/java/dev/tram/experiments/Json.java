package dev.tram.experiments;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.djl.internal.files.JsonFile;
import java.io.IOException;
import java.nio.file.Path;

/** The project's JSON: snake case, and null for a number that is not finite. */
public final class Json {

    /** Reads and writes the project's JSON. */
    public static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .addModule(
                            new SimpleModule()
                                    .addSerializer(Double.class, new NumberOrNull())
                                    .addSerializer(double.class, new NumberOrNull())
                                    .addDeserializer(Double.class, new NullAsNaN(null))
                                    .addDeserializer(double.class, new NullAsNaN(Double.NaN)))
                    .build();

    private Json() {}

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException if it is damaged, holds something else or is too large
     */
    public static <T> T read(Path file, Class<T> type) throws IOException {
        return read(file, MAPPER.readerFor(type));
    }

    /** Reads a file of a type with arguments. */
    static <T> T read(Path file, TypeReference<T> type) throws IOException {
        return read(file, MAPPER.readerFor(type));
    }

    @SuppressWarnings("TypeParameterUnusedInFormals") // the readers' own signature
    private static <T> T read(Path file, ObjectReader reader) throws IOException {
        try {
            T value = reader.readValue(JsonFile.require(file).toFile());
            if (value == null) {
                throw damaged(file, 1);
            }
            return value;
        } catch (JsonProcessingException e) {
            if (e.getCause() instanceof IllegalArgumentException rejected) {
                throw new IllegalArgumentException(file + ": " + rejected.getMessage(), e);
            }
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            throw damaged(file, line);
        }
    }

    /** Returns the exception for a file with an error in a line, 0 if that is not known. */
    static IllegalArgumentException damaged(Path file, int line) {
        String place = line == 0 ? "" : " at line " + line;
        return Arguments.rejected(
                file.toString(), "whole, and what tram wrote", "a file with an error" + place);
    }

    /** Writes a file in one go: it never exists half written. */
    public static void write(Path file, Object value) throws IOException {
        String text =
                MAPPER.writer().with(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value);
        AtomicFile.write(file, text + "\n");
    }

    private static final class NumberOrNull extends StdScalarSerializer<Double> {

        private static final long serialVersionUID = 1;

        NumberOrNull() {
            super(Double.class);
        }

        @Override
        public void serialize(Double value, JsonGenerator generator, SerializerProvider provider)
                throws IOException {
            if (Double.isFinite(value)) {
                generator.writeNumber(value);
            } else {
                generator.writeNull();
            }
        }
    }

    private static final class NullAsNaN extends StdScalarDeserializer<Double> {

        private static final long serialVersionUID = 1;

        private final Double absent;

        NullAsNaN(Double absent) {
            super(Double.class);
            this.absent = absent;
        }

        @Override
        public Double deserialize(JsonParser parser, DeserializationContext context)
                throws IOException {
            return parser.getDoubleValue();
        }

        @Override
        public Double getNullValue(DeserializationContext context) {
            return Double.NaN;
        }

        @Override
        public Double getAbsentValue(DeserializationContext context) {
            return absent;
        }
    }
}
