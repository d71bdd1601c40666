package dev.tram.experiments.data;

import dev.tram.core.internal.Arguments;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.ZipException;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.io.input.BoundedInputStream;
import org.apache.commons.io.input.ProxyInputStream;

/** Unpacks gzip, but not what unfolds to far more than texts do, nor what is cut into shreds. */
final class GzipStream extends ProxyInputStream {

    /** Less than this is harmless, whatever it came from. */
    private static final long HARMLESS = 1L << 26;

    private final String file;
    private final BoundedInputStream packed;
    private final long ratio = Limit.RATIO.value();
    private long unpacked;

    private GzipStream(String file, BoundedInputStream packed) throws IOException {
        super(unpacking(file, packed));
        this.file = file;
        this.packed = packed;
    }

    /** Counts the packed files that lie one behind the other. */
    private static InputStream unpacking(String file, InputStream packed) throws IOException {
        long limit = Limit.MEMBERS.value();
        AtomicLong members = new AtomicLong();
        return GzipCompressorInputStream.builder()
                .setInputStream(new BufferedInputStream(packed, 1 << 16))
                .setDecompressConcatenated(true)
                .setOnMemberStart(
                        member -> {
                            if (members.incrementAndGet() > limit) {
                                String most = "gzip files one behind the other";
                                throw Arguments.rejected(file, Limit.MEMBERS.inWords(most), "more");
                            }
                        })
                .get();
    }

    /**
     * Unpacks a stream.
     *
     * @param packed the packed bytes
     * @throws ZipException if they are not packed by gzip
     */
    static GzipStream of(String file, InputStream packed) throws IOException {
        try {
            return new GzipStream(file, BoundedInputStream.builder().setInputStream(packed).get());
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    /** The library tells damage from the end of the file alone by its message. */
    private static IOException damaged(IOException cause) {
        if (cause instanceof EOFException) {
            return cause;
        }
        ZipException damaged = new ZipException(cause.getMessage());
        damaged.initCause(cause);
        return damaged;
    }

    @Override
    protected void handleIOException(IOException cause) throws IOException {
        throw damaged(cause);
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
