package dev.tram.examples.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;

/** Which of PyTorch's native libraries a program has, and which this machine needs. */
public final class Natives {

    /** The version whose one kind of libraries for Linux on ARM has this flavor. */
    private static final String OLD = "2.3.1";

    private final String platform;

    /** Of PyTorch's binding, PYTORCH-DJL. */
    private final Optional<String> jniVersion;

    private final List<Properties> found;

    /**
     * Looks on a class path.
     *
     * @param system the operating system, as in {@code os.name}
     * @param architecture the processor, as in {@code os.arch}
     */
    Natives(ClassLoader classes, String system, String architecture) {
        String name = system.toLowerCase(Locale.ROOT);
        String os = name.startsWith("win") ? "win" : name.startsWith("mac") ? "osx" : "linux";
        platform = os + "-" + (architecture.equals("amd64") ? "x86_64" : architecture);
        jniVersion =
                properties(classes, "jnilib/pytorch.properties").stream()
                        .map(properties -> properties.getProperty("jni_version"))
                        .findFirst();
        found = properties(classes, "native/lib/pytorch.properties");
    }

    private static List<Properties> properties(ClassLoader classes, String resource) {
        try {
            List<Properties> all = new ArrayList<>();
            for (URL url : Collections.list(classes.getResources(resource))) {
                Properties properties = new Properties();
                try (InputStream in = url.openStream()) {
                    properties.load(in);
                }
                all.add(properties);
            }
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Looks on this program's class path, for this machine. */
    public static Natives here() {
        return new Natives(
                Natives.class.getClassLoader(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"));
    }

    /**
     * Says what is wrong, and names the artifact that is needed instead. Returns one line; empty if
     * the libraries are those of this machine and of this version.
     */
    public Optional<String> problem() {
        if (jniVersion.isEmpty()) {
            return Optional.of(
                    "ai.djl.pytorch:pytorch-jni is not on the class path; its version is"
                            + " PYTORCH-DJL, such as 2.7.1-0.36.0");
        }
        String version = jniVersion.get().split("-", 2)[0];
        if (found.isEmpty()) {
            return Optional.of(
                    "there are no native libraries of PyTorch on the class path; "
                            + needed(version));
        }
        boolean isRight =
                found.stream()
                        .filter(natives -> version(natives).equals(version))
                        .anyMatch(natives -> platform.equals(natives.getProperty("classifier")));
        return isRight
                ? Optional.empty()
                : Optional.of(
                        "the native libraries on the class path are PyTorch %s; %s"
                                .formatted(describe(), needed(version)));
    }

    /** Describes the first that were found, if any were. */
    String describe() {
        if (found.isEmpty()) {
            return "none";
        }
        Properties first = found.get(0);
        return version(first)
                + " ("
                + first.getProperty("flavor")
                + ") for "
                + first.getProperty("classifier");
    }

    private static String version(Properties natives) {
        return natives.getProperty("version", "?").split("-", 2)[0];
    }

    private String needed(String version) {
        if (platform.equals("osx-x86_64")) {
            return "DJL has none for Macs with an Intel processor since PyTorch 2.3";
        }
        boolean isOldArm = version.equals(OLD) && platform.equals("linux-aarch64");
        return ("this machine needs ai.djl.pytorch:pytorch-native-%s:%s with classifier %s (or"
                        + " a CUDA flavor, such as pytorch-native-%s)")
                .formatted(
                        isOldArm ? "cpu-precxx11" : "cpu",
                        version,
                        platform,
                        version.equals(OLD) ? "cu121" : "cu128");
    }
}
