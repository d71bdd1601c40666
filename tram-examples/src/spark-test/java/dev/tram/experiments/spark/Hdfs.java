package dev.tram.experiments.spark;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/** HDFS with one node of names and one of data in this process. */
public final class Hdfs implements AutoCloseable {

    private final MiniDFSCluster cluster;

    /** Starts it, with files in a folder. */
    public Hdfs(Path folder) throws IOException {
        Configuration settings = new Configuration();
        settings.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, folder.toString());
        cluster = new MiniDFSCluster.Builder(settings).numDataNodes(1).build();
        cluster.waitActive();
    }

    /** Returns the URL of a folder. */
    public String folder(String name) {
        return "hdfs://127.0.0.1:" + cluster.getNameNodePort() + "/" + name;
    }

    /** Returns how many files match a pattern. */
    public int count(String pattern) throws IOException {
        return files().globStatus(new org.apache.hadoop.fs.Path("/" + pattern)).length;
    }

    /** Copies a folder to this machine. */
    public void copy(String name, Path target) throws IOException {
        files().copyToLocalFile(
                        false,
                        new org.apache.hadoop.fs.Path("/" + name),
                        new org.apache.hadoop.fs.Path(target.toUri()),
                        true);
    }

    private FileSystem files() throws IOException {
        return cluster.getFileSystem();
    }

    @Override
    public void close() {
        cluster.shutdown(true);
    }
}
