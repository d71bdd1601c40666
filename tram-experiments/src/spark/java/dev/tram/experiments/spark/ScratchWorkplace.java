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
        Path folder = scratch.folder();
        try (OutputStream out = Files.newOutputStream(folder.resolve("core-site.xml"))) {
            settings.value().writeXml(out);
        }
        // The executor's tasks are the driver's user's, its processes the worker's.
        String user = UserGroupInformation.getCurrentUser().getShortUserName();
        return new Place(
                folder.resolve("log"),
                List.of("-Djava.io.tmpdir=" + folder),
                Map.of("HADOOP_USER_NAME", user),
                folder + File.pathSeparator,
                () -> end(scratch, cell));
    }

    private void end(Scratch scratch, int cell) throws IOException {
        try (scratch) {
            HadoopFolder folder = HadoopFolder.of(sweep, settings.value());
            folder.upload(scratch.folder().resolve("log"), folder.path(log(cell)));
        }
    }

    @Override
    public String logName(int cell) {
        return sweep + "/" + log(cell);
    }

    private static String log(int cell) {
        return "logs/" + cell + ".log";
    }
}
