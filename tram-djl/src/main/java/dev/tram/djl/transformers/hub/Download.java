package dev.tram.djl.transformers.hub;

import ai.djl.util.Progress;
import dev.tram.djl.internal.files.Limit;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * The transfer of one file. It grows beside its target as {@code KEY.partial} and moves there when
 * its length and checksum are right. A cut transfer resumes where it stopped, in this process or a
 * later one, provided that the server names the content by a strong entity tag ({@code
 * KEY.partial.etag}), which {@code If-Range} then holds it to.
 */
final class Download {

    private static final long PROGRESS_BYTES = 1 << 20;

    private final HubClient client;
    private final Duration stallTimeout;
    private final Progress progress;
    private final String file;
    private final String what;
    private final RemoteFile remote;
    private final Limit limit;
    private final Path target;
    private final Path partial;
    private final Path validator;

    /**
     * Creates a download.
     *
     * @param client the client
     * @param stallTimeout the longest silence within a transfer
     * @param progress told of the bytes received
     * @param id the repository
     * @param file the file's name
     * @param remote its description
     * @param limit how many bytes it may have
     * @param target where its content goes
     */
    Download(
            HubClient client,
            Duration stallTimeout,
            Progress progress,
            HubId id,
            String file,
            RemoteFile remote,
            Limit limit,
            Path target) {
        this.client = client;
        this.stallTimeout = stallTimeout;
        this.progress = progress;
        this.file = file;
        this.remote = remote;
        this.limit = limit;
        this.target = target;
        what = file + " of " + id;
        partial = target.resolveSibling(target.getFileName() + ".partial");
        validator = target.resolveSibling(target.getFileName() + ".partial.etag");
    }

    /**
     * Transfers the file.
     *
     * @param retry how often to try
     * @throws HubException if the file is not what the hub announced, or cannot be written
     * @throws IOException if the transfer has failed too often
     */
    void run(Retry retry) throws IOException {
        requireAllowed(remote.size());
        requireSpace();
        long progress =
                remote.size() < 0
                        ? PROGRESS_BYTES
                        : Math.max(1, Math.min(PROGRESS_BYTES, remote.size() / 100));
        retry.run("the transfer of " + what, this::received, progress, this::attempt);
        verify();
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        discard();
    }

    private void requireAllowed(long length) throws HubException {
        if (length > limit.value()) {
            throw new HubException(what + " has " + limit.complaint(length, "bytes"));
        }
    }

    private void requireSpace() throws IOException {
        long free = Files.getFileStore(target.getParent()).getUsableSpace();
        if (remote.size() - received() > free) {
            throw new HubException(
                    "%s has %,d bytes, free in %s: %,d"
                            .formatted(what, remote.size(), target.getParent(), free));
        }
    }

    private long received() throws IOException {
        return Files.exists(partial) ? Files.size(partial) : 0;
    }

    private void discard() throws IOException {
        Files.deleteIfExists(partial);
        Files.deleteIfExists(validator);
    }

    private long attempt() throws IOException {
        if (!Files.exists(validator)) {
            discard();
        }
        long offset = received();
        if (offset > 0 && offset == remote.size()) {
            return offset;
        }
        Map<String, String> headers = new HashMap<>();
        if (offset > 0) {
            headers.put("Range", "bytes=" + offset + "-");
            headers.put("If-Range", Files.readString(validator));
        }
        HttpResponse<InputStream> response = client.open(what, remote, headers);
        try (InputStream body = response.body()) {
            return receive(body, response, offset);
        }
    }

    private long receive(InputStream body, HttpResponse<?> response, long offset)
            throws IOException {
        HttpHeaders headers = response.headers();
        boolean resumed = response.statusCode() == 206;
        if (response.statusCode() == 416 || (resumed && !startsAt(offset, headers))) {
            discard();
            throw new IOException("the server does not resume at byte " + offset);
        }
        if (!resumed) {
            discard();
            Optional<String> tag = strongTag(headers);
            if (tag.isPresent()) {
                Files.writeString(validator, tag.get());
            }
        }
        long start = resumed ? offset : 0;
        long length = headers.firstValueAsLong("Content-Length").orElse(-1);
        long total = length < 0 ? remote.size() : start + length;
        expectLength(total, "the server offers");
        copy(body, start, total);
        if (received() < total) {
            throw new IOException("the body ended after " + received() + " of " + total + " bytes");
        }
        return total;
    }

    private void copy(InputStream body, long start, long total) throws IOException {
        byte[] buffer = new byte[1 << 16];
        long done = start;
        progress.reset(file, total);
        progress.start(start);
        try (OutputStream out =
                        Files.newOutputStream(
                                partial, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                StallGuard guard = new StallGuard(body, stallTimeout)) {
            for (int n = guard.read(buffer); n >= 0; n = guard.read(buffer)) {
                done += n;
                if (total >= 0 && done > total) {
                    expectLength(done, "received");
                }
                if (done > limit.value()) {
                    discard();
                    requireAllowed(done);
                }
                write(out, buffer, n);
                progress.update(done);
            }
        } finally {
            progress.end();
        }
    }

    /** Trying again does not empty a full disk. */
    private void write(OutputStream out, byte[] buffer, int length) throws HubException {
        try {
            out.write(buffer, 0, length);
        } catch (IOException e) {
            throw new HubException("cannot write " + partial + ": " + e, e);
        }
    }

    private void verify() throws IOException {
        expectLength(received(), "received");
        if (remote.sha256().isEmpty()) {
            return;
        }
        String actual = sha256(partial);
        if (!actual.equals(remote.sha256().get())) {
            discard();
            throw new HubException(
                    "checksum of "
                            + what
                            + " must be "
                            + remote.sha256().get()
                            + ", received: "
                            + actual
                            + "; the transfer has been deleted, a further call starts anew");
        }
    }

    private void expectLength(long length, String verb) throws IOException {
        if (remote.size() >= 0 && length >= 0 && length != remote.size()) {
            discard();
            throw new HubException(
                    "length of "
                            + what
                            + " must be "
                            + remote.size()
                            + " bytes as the hub announces, "
                            + verb
                            + ": "
                            + length);
        }
    }

    private static boolean startsAt(long offset, HttpHeaders headers) {
        return headers.firstValue("Content-Range").orElse("").startsWith("bytes " + offset + "-");
    }

    private static Optional<String> strongTag(HttpHeaders headers) {
        return headers.firstValue("ETag").filter(tag -> tag.startsWith("\""));
    }

    private static String sha256(Path file) throws IOException {
        MessageDigest digest = RemoteFile.newSha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
