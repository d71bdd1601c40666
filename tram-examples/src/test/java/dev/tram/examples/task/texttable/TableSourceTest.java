package dev.tram.examples.task.texttable;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.experiments.data.Share;
import dev.tram.experiments.data.TextExample;
import java.io.IOException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TableSourceTest {

    @Test
    void aTextGoesToOnePartWhateverItsClass() {
        TableSource source = new TableSource("", null, null, List.of());
        Map<Share, Integer> counts = new EnumMap<>(Share.class);
        for (int i = 0; i < 5000; i++) {
            Share part = source.part(new TextExample("text " + i, null, "a", null), Set.of());
            assertThat(source.part(new TextExample("text " + i, null, "b", "g"), Set.of()))
                    .isEqualTo(part);
            counts.merge(part, 1, Integer::sum);
        }
        assertThat(counts.get(Share.TRAINING)).isBetween(3350, 3650);
        assertThat(counts.get(Share.VALIDATION)).isBetween(400, 600);
        assertThat(counts.get(Share.TEST)).isBetween(850, 1150);
    }

    @Test
    void mailsAreTestedOnGroupsNeverSeen() throws IOException {
        Map<String, Integer> tests = new HashMap<>();
        Map<Share, Set<String>> groups = new EnumMap<>(Share.class);
        Map<Share, Set<String>> texts = new EnumMap<>(Share.class);
        assertThat(
                        TextSources.mails()
                                .read(
                                        (part, mail) -> {
                                            groups.computeIfAbsent(part, p -> new TreeSet<>())
                                                    .add(mail.group());
                                            if (!Set.of("easy-ham-2", "hard-ham-1", "spam-2")
                                                    .contains(mail.group())) {
                                                texts.computeIfAbsent(part, p -> new TreeSet<>())
                                                        .add(mail.text());
                                            }
                                            if (part == Share.TEST) {
                                                tests.merge(mail.group(), 1, Integer::sum);
                                            }
                                        })
                                .rows())
                .isEqualTo(6026);
        assertThat(groups.get(Share.TRAINING)).containsExactly("easy-ham-1", "spam-1");
        assertThat(groups.get(Share.VALIDATION)).containsExactly("easy-ham-1", "spam-1");
        assertThat(tests)
                .containsEntry("easy-ham-2", 1400)
                .containsEntry("hard-ham-1", 250)
                .containsEntry("spam-2", 1380);
        assertThat(texts.get(Share.TRAINING))
                .doesNotContainAnyElementsOf(texts.get(Share.TEST))
                .doesNotContainAnyElementsOf(texts.get(Share.VALIDATION));
    }
}
