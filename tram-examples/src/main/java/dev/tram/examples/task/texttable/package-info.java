/**
 * Classification of texts and of pairs of texts: {@code tram text} and its preset {@code tram
 * xnli}.
 */
package dev.tram.examples.task.texttable;
