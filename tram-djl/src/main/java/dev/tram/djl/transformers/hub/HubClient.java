package dev.tram.djl.transformers.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Requests to a hub endpoint. The token travels to the endpoint's own scheme, host and port only: a
 * redirect elsewhere, as for every large file, goes without it.
 */
final class HubClient {

    private static final int MAX_REDIRECTS = 10;

    private final HttpClient http;
    private final URI endpoint;
    private final Optional<String> token;
    private final Duration timeout;

    /**
     * Creates a client.
     *
     * @param endpoint the hub's address, without a trailing slash
     * @param token the access token
     * @param timeout the longest wait for an answer's headers, redirects included
     */
    HubClient(URI endpoint, Optional<String> token, Duration timeout) {
        this.endpoint = endpoint;
        this.token = token;
        this.timeout = timeout;
        http =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .connectTimeout(timeout)
                        .build();
    }

    /** Returns the address of a file at a revision. */
    URI address(HubId id, String file) {
        String revision = URLEncoder.encode(id.revision(), StandardCharsets.UTF_8);
        return URI.create(endpoint + "/" + id.repository() + "/resolve/" + revision + "/" + file);
    }

    /**
     * Asks for a file's description without transferring it.
     *
     * @return the description, or empty if the repository has no such file
     * @throws HubException if the answer is final: no such repository, no access
     * @throws IOException if trying again may help
     */
    Optional<RemoteFile> describe(HubId id, String file) throws IOException {
        URI uri = address(id, file);
        HttpResponse<InputStream> response = send("HEAD", uri, Map.of(), false);
        response.body().close();
        int status = response.statusCode();
        if (status == 404 && isMissingEntry(response)) {
            return Optional.empty();
        }
        if (status / 100 != 2 && status / 100 != 3) {
            throw failure(file + " of " + id, response);
        }
        return Optional.of(RemoteFile.of(uri, status, response.headers()));
    }

    /**
     * Opens a file, following redirects.
     *
     * @param what the file, for messages
     * @param remote its description
     * @param headers further request headers
     * @return an answer of status 200, 206 or 416, whose body the caller closes
     * @throws HubException if the answer is final
     * @throws IOException if trying again may help
     */
    HttpResponse<InputStream> open(String what, RemoteFile remote, Map<String, String> headers)
            throws IOException {
        HttpResponse<InputStream> response = send("GET", remote.uri(), headers, true);
        int status = response.statusCode();
        if (status != 200 && status != 206 && status != 416) {
            response.body().close();
            throw failure(what, response);
        }
        return response;
    }

    private HttpResponse<InputStream> send(
            String method, URI start, Map<String, String> headers, boolean leaveEndpoint)
            throws IOException {
        URI uri = start;
        long deadline = System.nanoTime() + timeout.toNanos();
        for (int hop = 0; hop <= MAX_REDIRECTS; ++hop) {
            HttpResponse<InputStream> response = exchange(method, uri, headers, deadline);
            Optional<String> location = response.headers().firstValue("Location");
            if (response.statusCode() / 100 != 3 || location.isEmpty()) {
                return response;
            }
            URI target = target(uri, location.get());
            if (!leaveEndpoint && !sameOrigin(target, endpoint)) {
                return response;
            }
            response.body().close();
            refuseDowngrade(uri, target);
            uri = target;
        }
        throw new HubException(start + " redirects more than " + MAX_REDIRECTS + " times");
    }

    private static URI target(URI from, String location) throws HubException {
        try {
            URI target = from.resolve(location);
            if (target.getHost() != null) {
                return target;
            }
        } catch (IllegalArgumentException e) {
            throw new HubException(from + " redirects to no address: " + location, e);
        }
        throw new HubException(from + " redirects to no address: " + location);
    }

    private HttpResponse<InputStream> exchange(
            String method, URI uri, Map<String, String> headers, long deadline) throws IOException {
        long left = Math.max(1, deadline - System.nanoTime());
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .timeout(Duration.ofNanos(left))
                        .setHeader("User-Agent", "tram-djl")
                        .setHeader("Accept-Encoding", "identity");
        headers.forEach(request::setHeader);
        if (token.isPresent() && sameOrigin(uri, endpoint)) {
            request.setHeader("Authorization", "Bearer " + token.get());
        }
        try {
            return http.send(request.build(), BodyHandlers.ofInputStream());
        } catch (HttpTimeoutException e) {
            throw new IOException(
                    "no answer from %s for %d s".formatted(uri.getAuthority(), timeout.toSeconds()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("interrupted at " + uri).initCause(e);
        }
    }

    private static void refuseDowngrade(URI from, URI to) throws HubException {
        boolean secure = "https".equalsIgnoreCase(from.getScheme());
        if (!"https".equalsIgnoreCase(to.getScheme())
                && (secure || !"http".equalsIgnoreCase(to.getScheme()))) {
            throw new HubException("redirect from " + from + " to " + to + " refused");
        }
    }

    private static boolean sameOrigin(URI a, URI b) {
        return Objects.equals(a.getHost(), b.getHost())
                && Objects.equals(a.getScheme(), b.getScheme())
                && port(a) == port(b);
    }

    private static int port(URI uri) {
        if (uri.getPort() >= 0) {
            return uri.getPort();
        }
        return "https".equals(uri.getScheme()) ? 443 : 80;
    }

    private static String errorCode(HttpResponse<?> response) {
        return response.headers().firstValue("X-Error-Code").orElse("");
    }

    /** A bare 404 may mean the file as well as the repository; the hub says which. */
    private static boolean isMissingEntry(HttpResponse<?> response) {
        String code = errorCode(response);
        return code.isEmpty() || code.equals("EntryNotFound");
    }

    private IOException failure(String what, HttpResponse<?> response) {
        int status = response.statusCode();
        String answer =
                "status " + status + " from " + response.uri().getAuthority() + " for " + what;
        return switch (status) {
            case 401, 403 -> new HubException(answer + ": " + advice());
            case 404 -> new HubException(answer + ": " + missing(errorCode(response)));
            case 408, 429, 500, 502, 503, 504 -> new IOException(answer);
            default -> new HubException(answer);
        };
    }

    private static String missing(String code) {
        return switch (code) {
            case "RepoNotFound" -> "the repository does not exist";
            case "RevisionNotFound" -> "the repository has no such revision";
            default -> "no such file";
        };
    }

    private String advice() {
        String reason =
                "the repository does not exist, or is private, or its terms must be accepted";
        return token.isEmpty()
                ? reason + " on " + endpoint + " first; set HF_TOKEN to an access token"
                : reason + " on " + endpoint + " first; the token in HF_TOKEN gives no access";
    }
}
