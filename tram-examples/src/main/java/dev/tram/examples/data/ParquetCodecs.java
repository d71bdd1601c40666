package dev.tram.examples.data;

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
        return codec == CompressionCodecName.GZIP ? new Gzip() : others.getDecompressor(codec);
    }

    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName codec) {
        return others.getCompressor(codec);
    }

    @Override
    public void release() {
        others.release();
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
                byte[] page = bytes.readNBytes(size);
                if (page.length < size) {
                    throw new IOException(
                            "a page of Parquet has " + page.length + " bytes, expected " + size);
                }
                return page;
            }
        }

        @Override
        public void release() {}
    }
}
