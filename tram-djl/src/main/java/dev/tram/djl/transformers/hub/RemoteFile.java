package dev.tram.djl.transformers.hub;

import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the hub says of a file before it is transferred.
 *
 * @param uri where the endpoint serves it
 * @param commit the commit it belongs to, where the server says
 * @param key the name of its content in the cache: the entity tag, or a hash of the address
 * @param sha256 its checksum in hexadecimal, where the server gives one
 * @param size its length in bytes, -1 where the server does not say
 */
record RemoteFile(
        java.net.URI uri, Optional<String> commit, String key, Optional<String> sha256, long size) {

    private static final Pattern SAFE_KEY = Pattern.compile("\\w[\\w.-]{0,127}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    /**
     * Reads the headers of the hub's answer. Large files answer with a redirect to another host,
     * and carry their checksum and length in {@code X-Linked-ETag} and {@code X-Linked-Size}.
     */
    static RemoteFile of(java.net.URI uri, int status, HttpHeaders headers) {
        boolean redirect = status / 100 == 3;
        Optional<String> linked = headers.firstValue("X-Linked-ETag").map(RemoteFile::opaque);
        Optional<String> own =
                redirect ? Optional.empty() : headers.firstValue("ETag").map(RemoteFile::opaque);
        String key = linked.or(() -> own).orElse("");
        String size = redirect ? "X-Linked-Size" : "Content-Length";
        return new RemoteFile(
                uri,
                headers.firstValue("X-Repo-Commit"),
                SAFE_KEY.matcher(key).matches() ? key : hash(uri + " " + key),
                linked.filter(tag -> SHA256.matcher(tag).matches()),
                headers.firstValueAsLong(size).orElse(-1));
    }

    private static String opaque(String entityTag) {
        return entityTag.replaceFirst("^W/", "").replace("\"", "");
    }

    private static String hash(String text) {
        return HexFormat.of().formatHex(newSha256().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Returns a new SHA-256 digest, which every Java platform has. */
    static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is missing from this Java platform", e);
        }
    }
}
