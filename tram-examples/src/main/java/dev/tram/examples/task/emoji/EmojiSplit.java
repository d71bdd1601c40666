package dev.tram.examples.task.emoji;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Which emoji a model may see: 70 % in pretraining, 10 % for validation, 20 % for the test, in each
 * category.
 *
 * <p>What is alike stays together, whoever drew it: emoji of the same {@linkplain Emoji#concept()
 * concept} (a woman running, a man running to the right), and those that a vendor drew with the
 * same pixels (the flags of Norway and Svalbard, Twemoji's families). A test emoji is thus new to
 * the model in both vendors' drawings.
 *
 * @param pretraining the emoji for pretraining, and whose other drawings may be fine-tuned on
 * @param validation the emoji for choices made during training
 */
record EmojiSplit(List<Integer> pretraining, List<Integer> validation, List<Integer> test) {

    private static final double PRETRAINING_SHARE = 0.7;
    private static final double VALIDATION_SHARE = 0.1;

    /**
     * Splits the emoji.
     *
     * @param drawings per vendor, a picture of each emoji
     * @return the parts, as ascending indices
     */
    static EmojiSplit of(List<Emoji> emoji, List<List<Picture>> drawings, long seed) {
        Map<String, List<List<Integer>>> byCategory = new TreeMap<>();
        for (List<Integer> group : groups(emoji, drawings)) {
            String category = emoji.get(group.get(0)).category();
            byCategory.computeIfAbsent(category, c -> new ArrayList<>()).add(group);
        }
        EmojiSplit split = new EmojiSplit(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        Random random = new Random(seed);
        for (List<List<Integer>> category : byCategory.values()) {
            Collections.shuffle(category, random);
            split.deal(category);
        }
        Collections.sort(split.pretraining);
        Collections.sort(split.validation);
        Collections.sort(split.test);
        return split;
    }

    private void deal(List<List<Integer>> category) {
        int total = category.stream().mapToInt(List::size).sum();
        int dealt = 0;
        for (List<Integer> group : category) {
            if (dealt < PRETRAINING_SHARE * total) {
                pretraining.addAll(group);
            } else if (dealt < (PRETRAINING_SHARE + VALIDATION_SHARE) * total) {
                validation.addAll(group);
            } else {
                test.addAll(group);
            }
            dealt += group.size();
        }
    }

    /** Groups what shares a concept or, in any vendor's drawing, all pixels. */
    private static List<List<Integer>> groups(List<Emoji> emoji, List<List<Picture>> drawings) {
        int[] groupOf = IntStream.range(0, emoji.size()).toArray();
        Map<Object, Integer> firstWith = new HashMap<>();
        for (int i = 0; i < emoji.size(); i++) {
            join(groupOf, i, firstWith.putIfAbsent(emoji.get(i).concept(), i));
            for (int vendor = 0; vendor < drawings.size(); vendor++) {
                Object drawing = List.of(vendor, drawings.get(vendor).get(i));
                join(groupOf, i, firstWith.putIfAbsent(drawing, i));
            }
        }
        Map<Integer, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < groupOf.length; i++) {
            groups.computeIfAbsent(groupOf[i], first -> new ArrayList<>()).add(i);
        }
        return new ArrayList<>(groups.values());
    }

    /** Makes the groups of two emoji one, which is called by the first that is in it. */
    private static void join(int[] groupOf, int i, Integer other) {
        if (other != null) {
            int kept = Math.min(groupOf[i], groupOf[other]);
            int gone = Math.max(groupOf[i], groupOf[other]);
            Arrays.setAll(groupOf, k -> groupOf[k] == gone ? kept : groupOf[k]);
        }
    }
}
