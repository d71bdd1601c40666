package dev.tram.examples.task.texttable;

import dev.tram.examples.data.TokenFile;
import dev.tram.examples.experiment.Examples;

/** Examples of a file, padded to the longest of their batch. */
final class TokenExamples implements Examples {

    private final TokenFile file;
    private final int padId;
    private int[] lengths;

    TokenExamples(TokenFile file, int padId) {
        this.file = file;
        this.padId = padId;
    }

    @Override
    public int size() {
        return file.size();
    }

    @Override
    public int length(int item) {
        if (lengths == null) {
            lengths = file.lengths();
        }
        return lengths[item];
    }

    @Override
    public int label(int item) {
        return file.get(item).label();
    }

    @Override
    public Prepared prepare(int... items) {
        return PaddedBatch.read(file, items, padId);
    }
}
