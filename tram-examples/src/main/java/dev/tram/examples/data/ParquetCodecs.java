package dev.tram.examples.data;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import java.util.zip.GZIPInputStream;
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
                    case GZIP -> new Gzip();
                    case SNAPPY -> new SnappyPages();
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

    /** Snappy's own count of the bytes decides what is allocated, so it must be the page's. */
    private static final class SnappyPages implements BytesInputDecompressor {

        @Override
        public BytesInput decompress(BytesInput bytes, int size) throws IOException {
            return BytesInput.from(unpacked(bytes.toInputStream().readAllBytes(), size));
        }

        @Override
        public void decompress(ByteBuffer input, int packed, ByteBuffer output, int size)
                throws IOException {
            byte[] bytes = new byte[packed];
            input.get(bytes);
            output.put(unpacked(bytes, size));
        }

        private static byte[] unpacked(byte[] packed, int size) throws IOException {
            requireSize(Snappy.uncompressedLength(packed), size);
            return Snappy.uncompress(packed);
        }

        @Override
        public void release() {}
    }

    private static void requireSize(int received, int expected) throws IOException {
        if (received != expected) {
            throw new IOException(
                    "a page of Parquet has " + received + " bytes, expected " + expected);
        }
    }

    private static final class Gzip implements BytesInputDecompressor {

        @Override
        public BytesInput decompress(BytesInput bytes, int size) throws IOException {
            return BytesInput.from(unpacked(bytes.toInputStream(), size));
        }

        @Override
        public void decompress(ByteBuffer input, int packed, ByteBuffer output, int size)
                throws IOException {
            byte[] bytes = new byte[packed];
            input.get(bytes);
            output.put(unpacked(BytesInput.from(bytes).toInputStream(), size));
        }

        private static byte[] unpacked(InputStream packed, int size) throws IOException {
            try (InputStream bytes = new GZIPInputStream(packed)) {
                byte[] page = new byte[size];
                requireSize(bytes.readNBytes(page, 0, size), size);
                return page;
            }
        }

        @Override
        public void release() {}
    }
}
