package dev.tram.experiments.spark;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.ExperimentStore;
import dev.tram.experiments.LocalTraining;
import dev.tram.experiments.Rounds;
import dev.tram.experiments.sweep.CellProcess;
import dev.tram.experiments.sweep.Cluster;
import dev.tram.experiments.sweep.Launcher;
import dev.tram.experiments.sweep.Sweep;
import dev.tram.experiments.sweep.Tally;
import java.nio.file.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;

/** The executors of an application of Apache Spark. */
record SparkCluster(JavaSparkContext spark) implements Cluster {

    static SparkCluster connect(SparkConf conf) {
        try {
            return new SparkCluster(new JavaSparkContext(conf));
        } catch (Exception e) {
            // Scala throws what Java's compiler does not know of.
            throw new IllegalArgumentException(
                    Arguments.rejected("--spark", "a master that answers", conf.get("spark.master"))
                                    .getMessage()
                            + ": "
                            + e.getMessage().lines().findFirst().orElse(""),
                    e);
        }
    }

    @Override
    public int threads() {
        return spark.getConf().getInt("spark.task.cpus", 1);
    }

    @Override
    public Launcher launcher(Sweep sweep, CellProcess process, Tally tally) {
        return new SparkLauncher(spark, process, workplace(sweep.store()), tally);
    }

    private Workplace workplace(ExperimentStore store) {
        Path folder = store.folder().toAbsolutePath();
        return ExperimentStore.isLocal(store.name(folder))
                ? new SharedWorkplace(Sweep.logs(folder).toString())
                : new ScratchWorkplace(
                        store.name(folder),
                        new SerializableConfiguration(spark.hadoopConfiguration()));
    }

    @Override
    public Rounds rounds(LocalTraining training, long seed, int workers) {
        return new SparkRounds(spark, training, seed, workers);
    }

    @Override
    public void close() {
        spark.close();
    }
}
