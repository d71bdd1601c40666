package dev.tram.djl.internal;

/** A Maven artifact that only parts of the library need and that a program adds itself. */
public enum OptionalArtifact {
    /** Texts to token ids. */
    TOKENIZERS(
            "ai.djl.huggingface:tokenizers", "ai.djl.huggingface.tokenizers.HuggingFaceTokenizer"),
    /** JSON. */
    JACKSON(
            "com.fasterxml.jackson.core:jackson-databind",
            "com.fasterxml.jackson.databind.ObjectMapper"),
    /** Tables of separated values. */
    COMMONS_CSV("org.apache.commons:commons-csv", "org.apache.commons.csv.CSVFormat"),
    /** How photographs are turned. */
    METADATA_EXTRACTOR("com.drewnoakes:metadata-extractor", "com.drew.imaging.ImageMetadataReader");

    private final String coordinates;
    private final String className;

    OptionalArtifact(String coordinates, String className) {
        this.coordinates = coordinates;
        this.className = className;
    }

    /**
     * Checks that the artifact is on the class path.
     *
     * @param purpose what needs it, for the message
     * @throws IllegalStateException if it is not; the message names the artifact
     */
    public void require(String purpose) {
        try {
            Class.forName(className, false, OptionalArtifact.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(
                    purpose
                            + " needs the Maven artifact "
                            + coordinates
                            + " on the class path, received: a class path without it",
                    e);
        }
    }
}
