package dev.tram.experiments.spark;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.ExperimentStore;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;

/**
 * Opens stores on Hadoop's file systems, with the settings of core-site.xml and hdfs-site.xml on
 * the class path and of system properties {@code spark.hadoop.…}.
 */
public final class HadoopStoreProvider implements ExperimentStore.Provider {

    @Override
    public ExperimentStore open(String location) throws IOException {
        return new HadoopStore(folder(location, settings()));
    }

    /** Hadoop's settings, as Spark reads them. */
    static Configuration settings() {
        return SparkHadoopUtil.get().newConfiguration(new SparkConf());
    }

    private static HadoopFolder folder(String location, Configuration settings) {
        try {
            return HadoopFolder.of(location, settings);
        } catch (IOException | RuntimeException e) {
            // A scheme of which nobody knows, one whose software is missing, or a malformed URL.
            throw new IllegalArgumentException(
                    Arguments.rejected(
                                            "a location",
                                            "a local path, or on a file system that Hadoop has"
                                                    + " here",
                                            location)
                                    .getMessage()
                            + ": "
                            + e.getMessage(),
                    e);
        }
    }
}
