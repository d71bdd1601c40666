package dev.tram.experiments.data;

/**
 * A text, or a pair of texts, with its class.
 *
 * @param pair the second text of a pair, or null
 * @param group what it is evaluated with, such as its language, or null for all alike
 */
public record TextExample(String text, String pair, String label, String group) {}
