package dev.tram.experiments.data;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.MessageColumnIO;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.EnumLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.IntLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.JsonLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.StringLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/**
 * Rows of a Parquet file, one row group in memory at a time. A struct becomes a Map; columns that
 * repeat are passed over.
 */
final class ParquetRows implements RowReader {

    private final String file;
    private final ParquetFileReader reader;
    private final MessageType schema;
    private final MessageColumnIO columns;
    private RecordReader<Group> group;
    private long left;
    private long number;

    ParquetRows(Path path) throws IOException {
        file = path.toString();
        reader = open(path);
        requireReadable(Files.size(path));
        schema = reader.getFileMetaData().getSchema();
        columns = new ColumnIOFactory().getColumnIO(schema);
    }

    private static ParquetFileReader open(Path path) throws IOException {
        try {
            return ParquetFileReader.open(
                    new LocalInputFile(path),
                    ParquetReadOptions.builder(new PlainParquetConfiguration())
                            .withCodecFactory(new ParquetCodecs())
                            .build());
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw damaged(path.toString(), "one whose end cannot be read", e);
        } catch (StackOverflowError e) {
            // the library reads a structure within a structure by calling itself
            throw damaged(path.toString(), "one whose end is nested too deeply", e);
        }
    }

    private static IllegalArgumentException damaged(String file, String received, Throwable cause) {
        return new IllegalArgumentException(
                file + " must be a whole Parquet file, received: " + received, cause);
    }

    private static String reason(Throwable failure) {
        if (failure.getCause() != null) {
            return reason(failure.getCause());
        }
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    /** Before a page is read, or memory is taken for what the footer says. */
    private void requireReadable(long size) throws IOException {
        for (BlockMetaData block : reader.getFooter().getBlocks()) {
            for (ColumnChunkMetaData column : block.getColumns()) {
                long begin = column.getStartingPos();
                if (begin < 0
                        || column.getTotalSize() < 0
                        || column.getTotalSize() > size - begin) {
                    reader.close();
                    throw Arguments.rejected(
                            file,
                            "a whole Parquet file",
                            "a column of %s bytes from byte %s of %s"
                                    .formatted(column.getTotalSize(), begin, size));
                }
                if (!ParquetCodecs.SUPPORTED.contains(column.getCodec())) {
                    reader.close();
                    throw Arguments.rejected(
                            "the compression of " + file,
                            "among " + ParquetCodecs.SUPPORTED,
                            column.getCodec());
                }
            }
        }
    }

    @Override
    public Row read() throws IOException, MalformedRowException {
        Map<String, Object> values;
        try {
            values = next();
        } catch (IOException | RuntimeException e) {
            throw damaged(
                    file, "one that cannot be read behind row " + number + ": " + reason(e), e);
        }
        if (values == null) {
            return null;
        }
        number++;
        return Utf8.requireIntact(new Row(file, number, values));
    }

    /** The next row's values, or null at the end. */
    private Map<String, Object> next() throws IOException {
        while (left == 0) {
            PageReadStore pages = reader.readNextRowGroup();
            if (pages == null) {
                return null;
            }
            left = pages.getRowCount();
            group = columns.getRecordReader(pages, new GroupRecordConverter(schema));
        }
        left--;
        return values(group.read());
    }

    private static Map<String, Object> values(Group row) {
        Map<String, Object> values = new LinkedHashMap<>();
        GroupType type = row.getType();
        for (int i = 0; i < type.getFieldCount(); i++) {
            Type field = type.getType(i);
            boolean present = row.getFieldRepetitionCount(i) == 1;
            if (present && !field.isRepetition(Type.Repetition.REPEATED)) {
                values.put(
                        field.getName(),
                        field.isPrimitive()
                                ? primitive(row, i, field)
                                : values(row.getGroup(i, 0)));
            }
        }
        return values;
    }

    private static Object primitive(Group row, int index, Type field) {
        LogicalTypeAnnotation meaning = field.getLogicalTypeAnnotation();
        if (meaning instanceof DecimalLogicalTypeAnnotation decimal) {
            return new BigDecimal(unscaled(row, index, field), decimal.getScale());
        }
        boolean unsigned = meaning instanceof IntLogicalTypeAnnotation number && !number.isSigned();
        return switch (field.asPrimitiveType().getPrimitiveTypeName()) {
            case BOOLEAN -> row.getBoolean(index, 0);
            case INT32 ->
                    unsigned
                            ? (Number) Integer.toUnsignedLong(row.getInteger(index, 0))
                            : (Number) row.getInteger(index, 0);
            case INT64 ->
                    unsigned
                            ? new BigInteger(Long.toUnsignedString(row.getLong(index, 0)))
                            : (Number) row.getLong(index, 0);
            case FLOAT -> row.getFloat(index, 0);
            case DOUBLE -> row.getDouble(index, 0);
            case BINARY, FIXED_LEN_BYTE_ARRAY -> binary(row.getBinary(index, 0), meaning);
            case INT96 -> Unread.VALUE;
        };
    }

    private static BigInteger unscaled(Group row, int index, Type field) {
        return switch (field.asPrimitiveType().getPrimitiveTypeName()) {
            case INT32 -> BigInteger.valueOf(row.getInteger(index, 0));
            case INT64 -> BigInteger.valueOf(row.getLong(index, 0));
            default -> new BigInteger(row.getBinary(index, 0).getBytes());
        };
    }

    private static Object binary(Binary value, LogicalTypeAnnotation meaning) {
        if (meaning == null) {
            return value.getBytes();
        }
        boolean text =
                meaning instanceof StringLogicalTypeAnnotation
                        || meaning instanceof EnumLogicalTypeAnnotation
                        || meaning instanceof JsonLogicalTypeAnnotation;
        return text ? value.toStringUsingUTF8() : Unread.VALUE;
    }

    /** Stands for a time, an identifier or another value that is neither text nor a number. */
    private enum Unread {
        VALUE
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
