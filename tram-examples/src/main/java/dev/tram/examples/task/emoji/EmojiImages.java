package dev.tram.examples.task.emoji;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * The same emoji drawn by two vendors, labelled with their nine categories and split so that what
 * is tested was seen in neither drawing (see {@link EmojiSplit}).
 *
 * @param classes the names of the nine categories in alphabetical order
 * @param pretraining what is pretrained on: Noto's drawings of 70 % of the emoji
 * @param sourceTest the held-out part of the source: Noto's drawings of the other 30 %
 * @param twemoji what is fine-tuned on: Twemoji's drawings of 400 of the pretraining emoji, of 10 %
 *     of the emoji for validation and of 20 % for the test
 */
public record EmojiImages(
        List<String> classes, ImageSet pretraining, ImageSet sourceTest, ImageParts twemoji) {

    /** The number of Twemoji that are labelled for fine-tuning. */
    private static final int LABELS = 400;

    private static final long SPLIT_SEED = 1;

    public static EmojiImages load() {
        List<Emoji> emoji = Emoji.all();
        List<String> classes = emoji.stream().map(Emoji::category).distinct().sorted().toList();
        List<Picture> noto = cut(Vendor.NOTO, emoji);
        List<Picture> twemoji = cut(Vendor.TWEMOJI, emoji);
        EmojiSplit split = EmojiSplit.of(emoji, List.of(noto, twemoji), SPLIT_SEED);
        List<Integer> heldOut =
                Stream.concat(split.validation().stream(), split.test().stream()).sorted().toList();
        List<Integer> candidates = new ArrayList<>(split.pretraining());
        Collections.shuffle(candidates, new Random(SPLIT_SEED));
        return new EmojiImages(
                classes,
                images(emoji, classes, noto, split.pretraining()),
                images(emoji, classes, noto, heldOut),
                new ImageParts(
                        images(emoji, classes, twemoji, candidates.subList(0, LABELS)),
                        images(emoji, classes, twemoji, split.validation()),
                        images(emoji, classes, twemoji, split.test())));
    }

    private static List<Picture> cut(Vendor vendor, List<Emoji> emoji) {
        Vendor.Sheet sheet = vendor.load();
        return emoji.stream().map(e -> sheet.cell(e.column(), e.row())).toList();
    }

    private static ImageSet images(
            List<Emoji> emoji,
            List<String> classes,
            List<Picture> drawings,
            List<Integer> indices) {
        List<ImageSet.Example> examples = new ArrayList<>();
        for (int i : indices) {
            Emoji one = emoji.get(i);
            int label = classes.indexOf(one.category());
            examples.add(new ImageSet.Example(one.name(), drawings.get(i), label));
        }
        return new ImageSet(classes, examples);
    }
}
