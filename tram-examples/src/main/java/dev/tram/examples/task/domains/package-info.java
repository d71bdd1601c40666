/**
 * {@code tram gpt2}: a GPT-2 is fine-tuned on one domain's text and judged by its perplexity on
 * that domain and on others.
 */
package dev.tram.examples.task.domains;
