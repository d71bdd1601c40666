package dev.tram.djl.transformers.hub;

import dev.tram.djl.internal.files.Limit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A repository's files on the hub, brought into the cache when asked for. Where the hub tells the
 * commit, what the cache has of it is final; where it does not, each file's entity tag decides.
 */
final class RemoteFiles implements RepositoryFiles {

    private final Hub hub;
    private final HubCache folder;
    private final HubId id;
    private final boolean pinned;
    private long announced;

    /**
     * Resolves a revision to its commit.
     *
     * @param hub the hub
     * @param folder the repository's part of the cache
     * @param requested the repository and revision
     * @param probe a file by which to learn the commit
     */
    RemoteFiles(Hub hub, HubCache folder, HubId requested, String probe) throws IOException {
        this.hub = hub;
        this.folder = folder;
        Optional<String> commit =
                requested.isPinned()
                        ? Optional.of(requested.revision())
                        : hub.describe(requested, probe).flatMap(RemoteFile::commit);
        pinned = commit.isPresent();
        id = new HubId(requested.repository(), commit.orElse(requested.revision()));
        if (pinned) {
            folder.setCommit(requested.revision(), id.revision());
        }
    }

    @Override
    public Optional<Path> obtain(String name) throws IOException {
        Optional<Path> cached = folder.file(id.revision(), name);
        if (pinned && (cached.isPresent() || folder.lacks(id.revision(), name))) {
            return cached;
        }
        Optional<RemoteFile> remote = hub.describe(id, name);
        if (remote.isEmpty()) {
            if (pinned) {
                folder.setLacking(id.revision(), name);
            }
            return Optional.empty();
        }
        if (folder.holds(id.revision(), name, remote.get().key())) {
            return cached;
        }
        Path blob = folder.blob(remote.get().key());
        if (!Files.exists(blob)) {
            announced += Math.max(0, remote.get().size());
            if (announced > Limit.REPOSITORY.value()) {
                throw new HubException(
                        id + " has " + Limit.REPOSITORY.complaint(announced, "bytes or more"));
            }
            hub.download(id, name, remote.get(), blob);
        }
        return Optional.of(folder.publish(id.revision(), name, blob));
    }

    @Override
    public HubException missing(String names) {
        return new HubException(id + " has no " + names);
    }
}
