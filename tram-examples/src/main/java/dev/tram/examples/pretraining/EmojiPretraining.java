package dev.tram.examples.pretraining;

import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.examples.task.emoji.EmojiImages;
import dev.tram.examples.task.emoji.ImageSet;
import dev.tram.examples.task.emoji.Picture;
import dev.tram.experiments.ClassificationTask;
import dev.tram.experiments.Examples;
import dev.tram.experiments.LabelSettings;
import dev.tram.experiments.LabelledData;
import dev.tram.experiments.TestSet;
import java.util.List;
import java.util.Random;

/**
 * A small Vision Transformer learns Noto's drawings of 70 % of the emoji, from random weights.
 * Images are shifted by up to two pixels and mirrored at random.
 */
final class EmojiPretraining extends ClassificationTask {

    private static final int MAX_SHIFT = 2;
    private static final int BUDGET = 256;

    EmojiPretraining(EmojiImages emoji) {
        super(
                new LabelledData(
                        "noto",
                        emoji.classes(),
                        new Moved(emoji.pretraining()),
                        emoji.sourceTest(),
                        List.of(TestSet.seen("source", emoji.sourceTest())),
                        LabelSettings.ALL));
    }

    @Override
    protected int budget() {
        return BUDGET;
    }

    @Override
    public TransformerModel newModel(NDManager manager, long seed) {
        TransformerModel model = VitConfig.of(Picture.SIZE, 8, 96, 4, 4, classes()).newBlock();
        model.initialize(manager, seed);
        return model;
    }

    private record Moved(ImageSet images) implements Examples {

        @Override
        public int size() {
            return images.size();
        }

        @Override
        public int label(int item) {
            return images.label(item);
        }

        @Override
        public Prepared prepare(int... items) {
            return images.prepare(items);
        }

        @Override
        public Prepared augment(Random random, int... items) {
            ImageSet moved = images.select(items).map((i, picture) -> move(picture, random));
            return moved.prepare(moved.items());
        }
    }

    private static Picture move(Picture picture, Random random) {
        int down = random.nextInt(2 * MAX_SHIFT + 1) - MAX_SHIFT;
        int right = random.nextInt(2 * MAX_SHIFT + 1) - MAX_SHIFT;
        boolean mirrored = random.nextBoolean();
        return Picture.paint(
                (channel, row, column) -> {
                    int across = mirrored ? Picture.SIZE - 1 - column : column;
                    return picture.channel(channel).at(row + down, across + right);
                });
    }
}
