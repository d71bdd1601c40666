package dev.tram.examples.task.emoji;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EmojiImagesTest {

    private static final EmojiImages IMAGES = EmojiImages.load();

    @Test
    void hasNineCategories() {
        assertThat(IMAGES.classes())
                .containsExactly(
                        "Activities",
                        "Animals & Nature",
                        "Flags",
                        "Food & Drink",
                        "Objects",
                        "People & Body",
                        "Smileys & Emotion",
                        "Symbols",
                        "Travel & Places");
    }

    @Test
    void partsHaveTheirShares() {
        int total = 1906;
        assertThat(IMAGES.pretraining().size() + IMAGES.sourceTest().size()).isEqualTo(total);
        assertThat(IMAGES.pretraining().size() / (double) total).isBetween(0.69, 0.72);
        assertThat(IMAGES.twemoji().training().size()).isEqualTo(400);
        assertThat(IMAGES.twemoji().validation().size() + IMAGES.twemoji().test().size())
                .isEqualTo(IMAGES.sourceTest().size());
        assertThat(IMAGES.twemoji().test().size()).isGreaterThan(350);
    }

    @Test
    void everyCategoryIsInEveryPart() {
        for (ImageSet part :
                List.of(
                        IMAGES.pretraining(),
                        IMAGES.twemoji().training(),
                        IMAGES.twemoji().validation(),
                        IMAGES.twemoji().test())) {
            assertThat(part.examples().stream().map(ImageSet.Example::label).distinct()).hasSize(9);
        }
    }

    @Test
    void testedEmojiAreSeenInNeitherDrawing() {
        Set<String> seen = names(IMAGES.pretraining(), IMAGES.twemoji().training());
        assertThat(names(IMAGES.twemoji().test(), IMAGES.twemoji().validation()))
                .doesNotContainAnyElementsOf(seen);
        assertThat(names(IMAGES.sourceTest())).doesNotContainAnyElementsOf(seen);
        assertThat(names(IMAGES.twemoji().test()))
                .doesNotContainAnyElementsOf(names(IMAGES.twemoji().validation()));
        assertThat(names(IMAGES.pretraining())).containsAll(names(IMAGES.twemoji().training()));
    }

    @Test
    void noTestedPictureIsTrainedOn() {
        assertThat(pictures(IMAGES.sourceTest()))
                .doesNotContainAnyElementsOf(pictures(IMAGES.pretraining()));
        assertThat(pictures(IMAGES.twemoji().test()))
                .doesNotContainAnyElementsOf(pictures(IMAGES.twemoji().training()))
                .doesNotContainAnyElementsOf(pictures(IMAGES.twemoji().validation()));
    }

    @Test
    void variantsOfAnEmojiStayTogether() {
        Set<String> running =
                Set.of("runner", "man-running", "woman-running", "woman_running_facing_right");
        Set<String> seen = new HashSet<>(names(IMAGES.pretraining()));
        seen.retainAll(running);
        assertThat(seen)
                .satisfiesAnyOf(s -> assertThat(s).isEmpty(), s -> assertThat(s).hasSize(4));
        assertThat(new Emoji("1F3C3-200D-2640-FE0F-200D-27A1-FE0F", "", "", 0, 0).concept())
                .isEqualTo(new Emoji("1F3C3", "", "", 0, 0).concept())
                .isEqualTo("1F3C3");
    }

    /**
     * Pixels of cell 32/47 ("grinning") read from the sheets with Pillow 9.4 and put on white with
     * NumPy; the one at row 3, column 8 of Noto's has alpha 132.
     */
    @Test
    void cellsAreCutAtTheirPlace() {
        Picture noto = Vendor.NOTO.load().cell(32, 47);
        assertThat(bytesOf(noto, 0, 0)).containsExactly(255, 255, 255);
        assertThat(bytesOf(noto, 3, 8)).containsExactly(247, 212, 140);
        assertThat(bytesOf(noto, 16, 4)).containsExactly(252, 202, 41);
        assertThat(bytesOf(noto, 10, 10)).containsExactly(138, 94, 57);
        assertThat(bytesOf(noto, 24, 16)).containsExactly(239, 111, 91);
        Picture twemoji = Vendor.TWEMOJI.load().cell(32, 47);
        assertThat(bytesOf(twemoji, 16, 4)).containsExactly(255, 204, 78);
        assertThat(bytesOf(twemoji, 10, 10)).containsExactly(109, 76, 11);
    }

    private static int[] bytesOf(Picture picture, int row, int column) {
        int rgb = picture.toBufferedImage().getRGB(column, row);
        return new int[] {rgb >> 16 & 0xff, rgb >> 8 & 0xff, rgb & 0xff};
    }

    private static Set<String> names(ImageSet... sets) {
        return Stream.of(sets)
                .flatMap(set -> set.examples().stream())
                .map(ImageSet.Example::name)
                .collect(Collectors.toSet());
    }

    private static Set<Picture> pictures(ImageSet set) {
        return set.examples().stream().map(ImageSet.Example::picture).collect(Collectors.toSet());
    }
}
