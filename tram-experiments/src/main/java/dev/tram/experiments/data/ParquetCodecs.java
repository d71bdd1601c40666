package dev.tram.experiments.data;

import dev.tram.core.internal.Arguments;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.apache.commons.io.function.IOBiFunction;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopCodecs;
import org.xerial.snappy.Snappy;

/** Parquet's own codecs, and the JDK's gzip in place of Hadoop's. */
final class ParquetCodecs implements CompressionCodecFactory {

    /** What can be read. */
    static final Set<CompressionCodecName> SUPPORTED =
            EnumSet.of(
                    CompressionCodecName.UNCOMPRESSED,
                    CompressionCodecName.SNAPPY,
                    CompressionCodecName.GZIP,
                    CompressionCodecName.ZSTD,
                    CompressionCodecName.LZ4_RAW);

    private final CompressionCodecFactory others =
            HadoopCodecs.newFactory(new PlainParquetConfiguration(), 0);

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
        return new Bounded(
                switch (codec) {
                    case GZIP -> new Whole(ParquetCodecs::gzip);
                    case SNAPPY -> new Whole(ParquetCodecs::snappy);
                    default -> others.getDecompressor(codec);
                });
    }

    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName codec) {
        return others.getCompressor(codec);
    }

    @Override
    public void release() {
        others.release();
    }

    /** Refuses a page that says it is too large, before anything is unpacked. */
    private record Bounded(BytesInputDecompressor codec) implements BytesInputDecompressor {

        @Override
        public BytesInput decompress(BytesInput bytes, int size) throws IOException {
            require(size);
            return codec.decompress(bytes, size);
        }

        @Override
        public void decompress(ByteBuffer input, int packed, ByteBuffer output, int size)
                throws IOException {
            require(size);
            codec.decompress(input, packed, output, size);
        }

        private static void require(long size) {
            if (size < 0 || size > Limit.PAGE.value()) {
                throw Arguments.rejected(
                        "a page of Parquet", Limit.PAGE.inWords("bytes"), size + " bytes");
            }
        }

        @Override
        public void release() {
            codec.release();
        }
    }

    /** Pages that are unpacked as a whole: packed bytes and the page's size give its bytes. */
    private record Whole(IOBiFunction<byte[], Integer, byte[]> unpacked)
            implements BytesInputDecompressor {

        @Override
        public BytesInput decompress(BytesInput bytes, int size) throws IOException {
            return BytesInput.from(unpacked.apply(bytes.toInputStream().readAllBytes(), size));
        }

        @Override
        public void decompress(ByteBuffer input, int packed, ByteBuffer output, int size)
                throws IOException {
            byte[] bytes = new byte[packed];
            input.get(bytes);
            output.put(unpacked.apply(bytes, size));
        }

        @Override
        public void release() {}
    }

    /** Snappy's own count of the bytes decides what is allocated, so it must be the page's. */
    private static byte[] snappy(byte[] packed, int size) throws IOException {
        requireSize(Snappy.uncompressedLength(packed), size);
        return Snappy.uncompress(packed);
    }

    private static byte[] gzip(byte[] packed, int size) throws IOException {
        try (InputStream bytes = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            byte[] page = new byte[size];
            requireSize(bytes.readNBytes(page, 0, size), size);
            return page;
        }
    }

    private static void requireSize(int received, int expected) throws IOException {
        if (received != expected) {
            throw new IOException(
                    "a page of Parquet has " + received + " bytes, expected " + expected);
        }
    }
}
