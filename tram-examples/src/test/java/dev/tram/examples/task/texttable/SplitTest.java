package dev.tram.examples.task.texttable;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.examples.data.TextExample;
import java.io.IOException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SplitTest {

    @Test
    void aTextGoesToOnePartWhateverItsClass() {
        Split split = new Split(List.of(), Set.of());
        Map<TextSource.Part, Integer> counts = new EnumMap<>(TextSource.Part.class);
        for (int i = 0; i < 5000; i++) {
            TextSource.Part part = split.part(new TextExample("text " + i, null, "a", null));
            assertThat(split.part(new TextExample("text " + i, null, "b", "g"))).isEqualTo(part);
            counts.merge(part, 1, Integer::sum);
        }
        assertThat(counts.get(TextSource.Part.TRAINING)).isBetween(3350, 3650);
        assertThat(counts.get(TextSource.Part.VALIDATION)).isBetween(400, 600);
        assertThat(counts.get(TextSource.Part.TEST)).isBetween(850, 1150);
    }

    @Test
    void mailsAreTestedOnGroupsNeverSeen() throws IOException {
        Map<String, Integer> tests = new HashMap<>();
        Map<TextSource.Part, Set<String>> groups = new EnumMap<>(TextSource.Part.class);
        Map<TextSource.Part, Set<String>> texts = new EnumMap<>(TextSource.Part.class);
        assertThat(
                        Spam.source()
                                .read(
                                        (part, mail) -> {
                                            groups.computeIfAbsent(part, p -> new TreeSet<>())
                                                    .add(mail.group());
                                            if (!Set.of("easy-ham-2", "hard-ham-1", "spam-2")
                                                    .contains(mail.group())) {
                                                texts.computeIfAbsent(part, p -> new TreeSet<>())
                                                        .add(mail.text());
                                            }
                                            if (part == TextSource.Part.TEST) {
                                                tests.merge(mail.group(), 1, Integer::sum);
                                            }
                                        })
                                .rows())
                .isEqualTo(6026);
        assertThat(groups.get(TextSource.Part.TRAINING)).containsExactly("easy-ham-1", "spam-1");
        assertThat(groups.get(TextSource.Part.VALIDATION)).containsExactly("easy-ham-1", "spam-1");
        assertThat(tests)
                .containsEntry("easy-ham-2", 1400)
                .containsEntry("hard-ham-1", 250)
                .containsEntry("spam-2", 1380);
        assertThat(texts.get(TextSource.Part.TRAINING))
                .doesNotContainAnyElementsOf(texts.get(TextSource.Part.TEST))
                .doesNotContainAnyElementsOf(texts.get(TextSource.Part.VALIDATION));
    }
}
