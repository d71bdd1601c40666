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

    private static final String OF_NATIVES = "native/lib/pytorch.properties";
    private static final String OF_JNI = "jnilib/pytorch.properties";

    /** The version whose one kind of libraries for Linux on ARM has this flavor. */
    private static final String OLD = "2.3.1";

    private final ClassLoader classes;
    private final String platform;

    /**
     * Looks on a class path.
     *
     * @param system the operating system, as in {@code os.name}
     * @param architecture the processor, as in {@code os.arch}
     */
    Natives(ClassLoader classes, String system, String architecture) {
        this.classes = classes;
        this.platform = platform(system, architecture);
    }

    /** Looks on this program's class path, for this machine. */
    public static Natives here() {
        return new Natives(
                Natives.class.getClassLoader(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"));
    }

    private static String platform(String system, String architecture) {
        String name = system.toLowerCase(Locale.ROOT);
        String os = name.startsWith("win") ? "win" : name.startsWith("mac") ? "osx" : "linux";
        String arch = architecture.equals("amd64") ? "x86_64" : architecture;
        return os + "-" + arch;
    }

    /**
     * Says what is wrong, and names the artifact that is needed instead. Returns one line; empty if
     * the libraries are those of this machine and of this version.
     */
    public Optional<String> problem() {
        Optional<String> jni = jniVersion();
        if (jni.isEmpty()) {
            return Optional.of(
                    "ai.djl.pytorch:pytorch-jni is not on the class path; its version is"
                            + " PYTORCH-DJL, such as 2.7.1-0.36.0");
        }
        String version = jni.get().split("-", 2)[0];
        List<Properties> found = properties(OF_NATIVES);
        if (found.isEmpty()) {
            return Optional.of(
                    "there are no native libraries of PyTorch on the class path; "
                            + needed(version));
        }
        for (Properties natives : found) {
            boolean isOfVersion =
                    natives.getProperty("version", "").split("-", 2)[0].equals(version);
            if (isOfVersion && platform.equals(natives.getProperty("classifier"))) {
                return Optional.empty();
            }
        }
        return Optional.of(
                "the native libraries on the class path are PyTorch %s; %s"
                        .formatted(describe(found.get(0)), needed(version)));
    }

    String describe() {
        List<Properties> found = properties(OF_NATIVES);
        return found.isEmpty() ? "none" : describe(found.get(0));
    }

    private static String describe(Properties natives) {
        return natives.getProperty("version", "?").split("-", 2)[0]
                + " ("
                + natives.getProperty("flavor")
                + ") for "
                + natives.getProperty("classifier");
    }

    /** The version of PyTorch's binding, PYTORCH-DJL. */
    Optional<String> jniVersion() {
        return properties(OF_JNI).stream()
                .map(properties -> properties.getProperty("jni_version"))
                .findFirst();
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

    private List<Properties> properties(String resource) {
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
}
