package dev.tram.djl;

/** Whether there was an update yet: until then, θ_0 and θ̄ are the model's own parameters. */
final class UpdateFlag {

    private boolean set;

    boolean isSet() {
        return set;
    }

    void set(boolean value) {
        set = value;
    }
}
