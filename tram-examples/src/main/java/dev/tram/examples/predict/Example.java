package dev.tram.examples.predict;

/**
 * What is predicted for, in a file of many.
 *
 * @param id what names it in the output: a text or a whole number
 * @param input a text, a pair of texts or a prepared image
 * @param length how much room it takes in a batch, roughly
 */
record Example<I>(Object id, I input, int length) {}
