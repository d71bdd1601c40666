/**
 * {@code tram xnli}: pairs of texts in XNLI's 15 languages, from XNLI's release or made of the
 * Universal Declaration of Human Rights.
 */
package dev.tram.examples.task.xnli;
