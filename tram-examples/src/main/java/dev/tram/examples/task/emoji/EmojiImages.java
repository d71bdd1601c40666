package dev.tram.examples.task.emoji;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * The same emoji drawn by two vendors, labelled with their nine categories and split so that what
 * is tested was seen in neither drawing (see {@link EmojiSplit}).
 */
public final class EmojiImages {

    /** The number of Twemoji that are labelled for fine-tuning. */
    public static final int LABELS = 400;

    private static final long SPLIT_SEED = 1;

    private final List<Emoji> emoji;
    private final List<String> classes;
    private final Map<Vendor, List<Picture>> drawings;
    private final EmojiSplit split;

    private EmojiImages(List<Emoji> emoji, Map<Vendor, List<Picture>> drawings) {
        this.emoji = emoji;
        this.drawings = drawings;
        classes = emoji.stream().map(Emoji::category).distinct().sorted().toList();
        split =
                EmojiSplit.of(
                        emoji,
                        List.of(drawings.get(Vendor.NOTO), drawings.get(Vendor.TWEMOJI)),
                        SPLIT_SEED);
    }

    public static EmojiImages load() {
        List<Emoji> emoji = Emoji.all();
        return new EmojiImages(
                emoji,
                Map.of(
                        Vendor.NOTO, cut(Vendor.NOTO, emoji),
                        Vendor.TWEMOJI, cut(Vendor.TWEMOJI, emoji)));
    }

    private static List<Picture> cut(Vendor vendor, List<Emoji> emoji) {
        Vendor.Sheet sheet = vendor.load();
        return emoji.stream().map(e -> sheet.cell(e.column(), e.row())).toList();
    }

    /** Returns the names of the nine categories in alphabetical order. */
    public List<String> classes() {
        return classes;
    }

    /** Returns what is pretrained on: Noto's drawings of 70 % of the emoji. */
    public ImageSet pretraining() {
        return images(Vendor.NOTO, split.pretraining());
    }

    /** Returns the held-out part of the source: Noto's drawings of the other 30 %. */
    public ImageSet sourceTest() {
        List<Integer> heldOut =
                Stream.concat(split.validation().stream(), split.test().stream()).sorted().toList();
        return images(Vendor.NOTO, heldOut);
    }

    /** Returns what is fine-tuned on: Twemoji's drawings of 400 of the pretraining emoji. */
    public ImageSet training() {
        List<Integer> candidates = new ArrayList<>(split.pretraining());
        Collections.shuffle(candidates, new Random(SPLIT_SEED));
        return images(Vendor.TWEMOJI, candidates.subList(0, LABELS));
    }

    /**
     * Returns the images for choices made during training: Twemoji's drawings of 10 % of the emoji.
     */
    public ImageSet validation() {
        return images(Vendor.TWEMOJI, split.validation());
    }

    /** Returns the held-out part of the target: Twemoji's drawings of 20 % of the emoji. */
    public ImageSet test() {
        return images(Vendor.TWEMOJI, split.test());
    }

    private ImageSet images(Vendor vendor, List<Integer> indices) {
        List<ImageSet.Example> examples = new ArrayList<>();
        for (int i : indices) {
            Emoji one = emoji.get(i);
            examples.add(
                    new ImageSet.Example(
                            one.name(),
                            drawings.get(vendor).get(i),
                            classes.indexOf(one.category())));
        }
        return new ImageSet(classes, examples);
    }
}
