package dev.tram.djl.transformers.hub;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** What the cache holds of a repository, without a request. */
final class CachedFiles implements RepositoryFiles {

    private final HubId id;
    private final HubCache folder;
    private final String commit;

    CachedFiles(HubId id, HubCache folder) throws IOException {
        this.id = id;
        this.folder = folder;
        commit = folder.commit(id.revision()).orElse(id.revision());
    }

    @Override
    public Optional<Path> obtain(String name) {
        return folder.file(commit, name);
    }

    @Override
    public HubException missing(String names) {
        return new HubException(
                names
                        + " of "
                        + id
                        + " not found in the cache "
                        + folder.snapshot(commit)
                        + ", and HF_HUB_OFFLINE forbids to fetch");
    }
}
