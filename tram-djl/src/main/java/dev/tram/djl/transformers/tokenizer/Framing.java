package dev.tram.djl.transformers.tokenizer;

import java.util.List;
import java.util.Map;

/** The special tokens of a new vocabulary, and where they stand around a text. */
public enum Framing {
    /** GPT-2's: {@code <|endoftext|>}, which nothing places by itself. */
    GPT2,

    /** RoBERTa's: {@code <s> A </s>} and {@code <s> A </s></s> B </s>}, with XLM-RoBERTa's ids. */
    ROBERTA;

    /** Returns the special tokens in the order of their ids, which start at 0. */
    List<String> tokens() {
        return switch (this) {
            case GPT2 -> List.of("<|endoftext|>");
            case ROBERTA -> List.of("<s>", "<pad>", "</s>", "<unk>", "<mask>");
        };
    }

    /** Returns what the tokens are for. */
    Map<SpecialToken, String> roles() {
        return switch (this) {
            case GPT2 ->
                    Map.of(SpecialToken.BEGIN, "<|endoftext|>", SpecialToken.END, "<|endoftext|>");
            case ROBERTA ->
                    Map.of(
                            SpecialToken.BEGIN, "<s>",
                            SpecialToken.CLASSIFIER, "<s>",
                            SpecialToken.PAD, "<pad>",
                            SpecialToken.END, "</s>",
                            SpecialToken.SEPARATOR, "</s>",
                            SpecialToken.UNKNOWN, "<unk>",
                            SpecialToken.MASK, "<mask>");
        };
    }
}
