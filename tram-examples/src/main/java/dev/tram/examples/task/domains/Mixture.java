package dev.tram.examples.task.domains;

import dev.tram.experiments.data.Share;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Several domains as one, one after the other.
 *
 * @param domains the domains, all of whole texts
 */
record Mixture(String name, List<Domain> domains) implements Domain {

    @Override
    public String identity() {
        return domains.stream().map(Domain::identity).collect(Collectors.joining(", "));
    }

    @Override
    public boolean isTrainable() {
        return domains.stream().anyMatch(Domain::isTrainable);
    }

    @Override
    public boolean isWhole() {
        return true;
    }

    @Override
    public Stream<String> texts(Share share, Consumer<String> report) throws IOException {
        Stream<String> texts = Stream.of();
        for (Domain domain : domains) {
            texts = Stream.concat(texts, domain.texts(share, report));
        }
        return texts;
    }
}
