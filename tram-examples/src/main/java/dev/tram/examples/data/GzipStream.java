package dev.tram.examples.data;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.io.input.BoundedInputStream;
import org.apache.commons.io.input.ProxyInputStream;

/** Unpacks gzip, but not what unfolds to far more than texts do. */
final class GzipStream extends ProxyInputStream {

    /** Less than this is harmless, whatever it came from. */
    private static final long HARMLESS = 1L << 26;

    private final String file;
    private final BoundedInputStream packed;
    private final long ratio = Limit.RATIO.value();
    private long unpacked;

    private GzipStream(String file, BoundedInputStream packed) throws IOException {
        super(new GZIPInputStream(packed, 1 << 16));
        this.file = file;
        this.packed = packed;
    }

    /**
     * Unpacks a stream.
     *
     * @param file its name
     * @param packed the packed bytes
     * @throws java.util.zip.ZipException if they are not packed by gzip
     */
    static GzipStream of(String file, InputStream packed) throws IOException {
        return new GzipStream(file, BoundedInputStream.builder().setInputStream(packed).get());
    }

    @Override
    protected void afterRead(int read) {
        unpacked += Math.max(read, 0);
        if (unpacked > HARMLESS && unpacked / ratio > packed.getCount()) {
            throw Arguments.rejected(
                    file,
                    Limit.RATIO.inWords("times its size when unpacked"),
                    unpacked + " bytes of the first " + packed.getCount());
        }
    }
}
