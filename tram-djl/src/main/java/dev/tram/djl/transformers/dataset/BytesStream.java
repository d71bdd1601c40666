package dev.tram.djl.transformers.dataset;

import javax.imageio.stream.ImageInputStreamImpl;

/** Bytes in memory as ImageIO reads them, without the copy that its own streams make. */
final class BytesStream extends ImageInputStreamImpl {

    private final byte[] bytes;

    BytesStream(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public int read() {
        bitOffset = 0;
        return streamPos < bytes.length ? bytes[(int) streamPos++] & 0xFF : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        bitOffset = 0;
        if (streamPos >= bytes.length) {
            return -1;
        }
        int count = (int) Math.min(length, bytes.length - streamPos);
        System.arraycopy(bytes, (int) streamPos, target, offset, count);
        streamPos += count;
        return count;
    }

    @Override
    public long length() {
        return bytes.length;
    }
}
