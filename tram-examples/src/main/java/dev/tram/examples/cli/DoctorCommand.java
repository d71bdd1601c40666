package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.examples.doctor.Doctor;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tram doctor}: what this machine can do, and what to mend. */
@Command(name = "doctor", mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

    @Option(names = "--device", paramLabel = "NAME")
    private String device = "cpu";

    @Override
    public Integer call() {
        if (!device.matches("cpu|gpu\\d+")) {
            throw Arguments.rejected("--device", "cpu or gpu0, gpu1, …", device);
        }
        PrintStream out = System.out;
        out.println("tram doctor --device " + device);
        Map<String, String> environment = System.getenv();
        URI hub = URI.create(environment.getOrDefault("HF_ENDPOINT", "https://huggingface.co"));
        boolean passed = new Doctor(device, hub, cache(environment)).run(out);
        out.println(passed ? "No check failed." : "A check failed.");
        return passed ? 0 : 1;
    }

    private static Path cache(Map<String, String> environment) {
        String home =
                environment.getOrDefault(
                        "HF_HOME",
                        environment.getOrDefault(
                                        "XDG_CACHE_HOME",
                                        System.getProperty("user.home") + "/.cache")
                                + "/huggingface");
        return Path.of(environment.getOrDefault("HF_HUB_CACHE", home + "/hub"));
    }
}
