package dev.tram.djl.transformers.hub;

import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.djl.internal.files.LockedFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * One repository's folder in the cache, in the layout of the Python library {@code
 * huggingface_hub}: {@code blobs/KEY} holds contents, {@code snapshots/COMMIT/FILE} links to them,
 * {@code refs/REVISION} names a commit, and {@code .no_exist/COMMIT/FILE} marks a file that the
 * repository lacks. Where links cannot be made, snapshots hold the contents themselves.
 */
final class HubCache {

    private final Path root;

    /**
     * Creates the view of a repository's folder, which need not exist.
     *
     * @param cache the cache's directory
     * @param repository {@code ORG/NAME}
     */
    HubCache(Path cache, String repository) {
        root = cache.resolve("models--" + repository.replace("/", "--"));
    }

    /** Runs work while no other thread or process works on this repository. */
    <T> T exclusively(LockedFile.Work<T> work) throws IOException {
        Files.createDirectories(root);
        return LockedFile.exclusively(root.resolve(".lock"), work);
    }

    /** Returns the commit that a revision meant when it was last resolved. */
    Optional<String> commit(String revision) throws IOException {
        Path reference = root.resolve("refs").resolve(revision);
        return Files.isRegularFile(reference)
                ? Optional.of(Files.readString(reference).strip())
                : Optional.empty();
    }

    /** Records the commit of a revision. */
    void setCommit(String revision, String commit) throws IOException {
        Path reference = root.resolve("refs").resolve(revision);
        if (!commit(revision).equals(Optional.of(commit))) {
            Files.createDirectories(reference.getParent());
            AtomicFile.write(reference, commit);
        }
    }

    /** Returns a commit's directory. */
    Path snapshot(String commit) {
        return root.resolve("snapshots").resolve(commit);
    }

    /** Returns a commit's file, if it is there. */
    Optional<Path> file(String commit, String name) {
        return Optional.of(snapshot(commit).resolve(name)).filter(Files::isRegularFile);
    }

    /** Returns whether a commit's file is there with the content named by a key. */
    boolean holds(String commit, String name, String key) throws IOException {
        Path link = snapshot(commit).resolve(name);
        return Files.isRegularFile(link)
                && Files.isSymbolicLink(link)
                && Files.readSymbolicLink(link).endsWith(key);
    }

    /** Returns whether a commit is known to lack a file. */
    boolean lacks(String commit, String name) {
        return Files.exists(marker(commit, name));
    }

    /** Records that a commit lacks a file. */
    void setLacking(String commit, String name) throws IOException {
        Path marker = marker(commit, name);
        Files.createDirectories(marker.getParent());
        Files.write(marker, new byte[0]);
    }

    private Path marker(String commit, String name) {
        return root.resolve(".no_exist").resolve(commit).resolve(name);
    }

    /** Returns where a content belongs, and creates the directory. */
    Path blob(String key) throws IOException {
        return Files.createDirectories(root.resolve("blobs")).resolve(key);
    }

    /** Makes a content visible as a commit's file. */
    Path publish(String commit, String name, Path blob) throws IOException {
        Path directory = Files.createDirectories(snapshot(commit));
        Path file = directory.resolve(name);
        Files.deleteIfExists(file);
        try {
            Files.createSymbolicLink(file, directory.relativize(blob));
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (UnsupportedOperationException | FileSystemException e) {
            Files.move(blob, file, StandardCopyOption.ATOMIC_MOVE);
        }
        return file;
    }
}
