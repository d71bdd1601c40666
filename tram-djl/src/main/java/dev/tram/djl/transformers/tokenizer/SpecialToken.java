package dev.tram.djl.transformers.tokenizer;

import java.util.List;

/** What a special token is for, with the names that it usually has. */
public enum SpecialToken {
    /** The start of a text. */
    BEGIN("bos_token", "<s> <|endoftext|>"),
    /** The end of a text. */
    END("eos_token", "</s> <|endoftext|>"),
    /** What stands for the whole input, for a classifier. */
    CLASSIFIER("cls_token", "[CLS] <s>"),
    /** The end of each part of the input. */
    SEPARATOR("sep_token", "[SEP] </s>"),
    /** Filling after a short text's end. */
    PAD("pad_token", "[PAD] <pad>"),
    /** Hides a token that is to be predicted. */
    MASK("mask_token", "[MASK] <mask>"),
    /** Stands for what the vocabulary lacks. */
    UNKNOWN("unk_token", "[UNK] <unk> <|endoftext|>");

    private final String key;
    private final String usual;

    SpecialToken(String key, String usual) {
        this.key = key;
        this.usual = usual;
    }

    /** Returns its name in {@code tokenizer_config.json}. */
    String key() {
        return key;
    }

    /** Returns the usual tokens, to look for where no file names one. */
    List<String> usual() {
        return List.of(usual.split(" "));
    }
}
