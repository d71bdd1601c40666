package dev.tram.experiments.spark;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.spark.SparkEnv;
import org.apache.spark.util.SerializableConfiguration;

/**
 * For a sweep on one of Hadoop's file systems: the process has a scratch folder among Spark's local
 * directories, which Spark deletes, too, if the executor is lost. Hadoop's settings are the
 * driver's.
 *
 * @param sweep the folder of that file system
 * @param settings Hadoop's
 */
record ScratchWorkplace(String sweep, SerializableConfiguration settings) implements Workplace {

    @Override
    public Place of(int cell) throws IOException {
        File[] local = SparkEnv.get().blockManager().diskBlockManager().localDirs();
        Scratch scratch = Scratch.in(local[cell % local.length].toPath());
        try (OutputStream out = Files.newOutputStream(scratch.folder().resolve("core-site.xml"))) {
            settings.value().writeXml(out);
        }
        return new ScratchPlace(scratch, cell);
    }

    @Override
    public String logName(int cell) {
        return sweep + "/" + log(cell);
    }

    private static String log(int cell) {
        return "logs/" + cell + ".log";
    }

    private final class ScratchPlace implements Place {

        private final Scratch scratch;
        private final int cell;

        ScratchPlace(Scratch scratch, int cell) {
            this.scratch = scratch;
            this.cell = cell;
        }

        @Override
        public Path log() {
            return scratch.folder().resolve("log");
        }

        @Override
        public List<String> javaOptions() {
            return List.of("-Djava.io.tmpdir=" + scratch.folder());
        }

        /** The executor's tasks are the driver's user's, its processes the worker's. */
        @Override
        public Map<String, String> environment() {
            try {
                return Map.of(
                        "HADOOP_USER_NAME",
                        UserGroupInformation.getCurrentUser().getShortUserName());
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public String classPath(String executor) {
            return scratch.folder() + File.pathSeparator + executor;
        }

        @Override
        public void close() throws IOException {
            try (scratch) {
                HadoopFolder folder = HadoopFolder.of(sweep, settings.value());
                folder.upload(log(), folder.path(ScratchWorkplace.log(cell)));
            }
        }
    }
}
