package dev.tram.djl.tensorboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads event files by the schema of TensorFlow's event.proto, with a checksum of its own. */
final class EventReader {

    private static final int POLYNOMIAL = 0x82F63B78;

    private EventReader() {}

    /** What an event says: its version or its step's figures. */
    record Event(double wallTime, long step, String version, Map<String, Float> figures) {}

    static List<Event> read(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Event> events = new ArrayList<>();
        while (bytes.hasRemaining()) {
            byte[] length = new byte[8];
            bytes.get(length);
            assertThat(bytes.getInt()).isEqualTo(masked(length));
            byte[] event =
                    new byte
                            [(int)
                                    ByteBuffer.wrap(length)
                                            .order(ByteOrder.LITTLE_ENDIAN)
                                            .getLong()];
            bytes.get(event);
            assertThat(bytes.getInt()).isEqualTo(masked(event));
            events.add(parse(event));
        }
        return events;
    }

    private static Event parse(byte[] bytes) throws IOException {
        Descriptor type = schema().findMessageTypeByName("Event");
        DynamicMessage event = DynamicMessage.parseFrom(type, bytes);
        assertThat(event.getUnknownFields().asMap()).isEmpty();
        Map<String, Float> figures = new TreeMap<>();
        DynamicMessage summary = (DynamicMessage) field(event, "summary");
        for (Object each : (List<?>) field(summary, "value")) {
            DynamicMessage value = (DynamicMessage) each;
            figures.put((String) field(value, "tag"), (Float) field(value, "simple_value"));
        }
        return new Event(
                (Double) field(event, "wall_time"),
                (Long) field(event, "step"),
                (String) field(event, "file_version"),
                figures);
    }

    private static Object field(DynamicMessage message, String name) {
        return message.getField(message.getDescriptorForType().findFieldByName(name));
    }

    private static FileDescriptor schema() {
        FileDescriptorProto file =
                FileDescriptorProto.newBuilder()
                        .setName("event.proto")
                        .setSyntax("proto3")
                        .addMessageType(
                                message(
                                        "Event",
                                        field(
                                                "wall_time",
                                                1,
                                                FieldDescriptorProto.Type.TYPE_DOUBLE),
                                        field("step", 2, FieldDescriptorProto.Type.TYPE_INT64),
                                        field(
                                                "file_version",
                                                3,
                                                FieldDescriptorProto.Type.TYPE_STRING),
                                        field("summary", 5, FieldDescriptorProto.Type.TYPE_MESSAGE)
                                                .setTypeName("Summary")))
                        .addMessageType(
                                message(
                                        "Summary",
                                        field("value", 1, FieldDescriptorProto.Type.TYPE_MESSAGE)
                                                .setTypeName("Value")
                                                .setLabel(Label.LABEL_REPEATED)))
                        .addMessageType(
                                message(
                                        "Value",
                                        field("tag", 1, FieldDescriptorProto.Type.TYPE_STRING),
                                        field(
                                                "simple_value",
                                                2,
                                                FieldDescriptorProto.Type.TYPE_FLOAT)))
                        .build();
        try {
            return FileDescriptor.buildFrom(file, new FileDescriptor[0]);
        } catch (DescriptorValidationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static DescriptorProto message(String name, FieldDescriptorProto.Builder... fields) {
        DescriptorProto.Builder message = DescriptorProto.newBuilder().setName(name);
        for (FieldDescriptorProto.Builder field : fields) {
            message.addField(field);
        }
        return message.build();
    }

    private static FieldDescriptorProto.Builder field(
            String name, int number, FieldDescriptorProto.Type type) {
        return FieldDescriptorProto.newBuilder()
                .setName(name)
                .setNumber(number)
                .setType(type)
                .setLabel(Label.LABEL_OPTIONAL);
    }

    static int masked(byte[] data) {
        int crc = crc32c(data);
        return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
    }

    /** Bit by bit, from the polynomial. */
    static int crc32c(byte[] data) {
        int crc = -1;
        for (byte each : data) {
            crc ^= each & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc >>> 1) ^ ((crc & 1) * POLYNOMIAL);
            }
        }
        return ~crc;
    }
}
