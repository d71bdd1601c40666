package dev.tram.djl.transformers.hub;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A repository's files at one commit, as local paths. */
sealed interface RepositoryFiles permits CachedFiles, RemoteFiles {

    /** Returns a file, or empty if there is none. */
    Optional<Path> obtain(String name) throws IOException;

    /** Returns the exception that says that needed files are missing. */
    HubException missing(String names);

    /** Returns a file that must be there. */
    default Path require(String name) throws IOException {
        Optional<Path> file = obtain(name);
        if (file.isEmpty()) {
            throw missing(name);
        }
        return file.get();
    }
}
