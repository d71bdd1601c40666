package dev.tram.experiments.spark;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.sweep.Cluster;
import org.apache.spark.SparkConf;

/** Connects to a cluster of Apache Spark. Settings {@code spark.…} are system properties. */
public final class SparkProvider implements Cluster.Provider {

    @Override
    public Cluster connect(String master) {
        SparkConf conf = new SparkConf();
        if (!master.isEmpty()) {
            conf.setMaster(master);
        }
        if (!conf.contains("spark.master")) {
            throw Arguments.rejected(
                    "--spark", "a master, such as spark://HOST:7077, or used by spark-submit", "");
        }
        conf.setIfMissing("spark.app.name", "tram");
        conf.setIfMissing("spark.task.maxFailures", "5");
        if (System.getProperty("SPARK_SUBMIT") == null) {
            // This build lies at the same place on every machine; spark-submit brings its own.
            conf.setIfMissing(
                    "spark.executor.extraClassPath", System.getProperty("java.class.path"));
        }
        return SparkCluster.connect(conf);
    }
}
