package dev.tram.examples.task.texttable;

import dev.tram.experiments.Examples;
import dev.tram.experiments.data.RecordFile;
import dev.tram.experiments.data.Tokens;

/** Examples of a file, padded to the longest of their batch. */
record TokenExamples(RecordFile file, int padId) implements Examples {

    @Override
    public int size() {
        return file.size();
    }

    @Override
    public int length(int item) {
        return Tokens.length(file, item);
    }

    @Override
    public int label(int item) {
        return Tokens.read(file, item).label();
    }

    @Override
    public Prepared prepare(int... items) {
        return PaddedBatch.read(file, items, padId);
    }
}
