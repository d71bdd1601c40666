/** Tables and self-contained HTML reports of experiments. */
package dev.tram.experiments.report;
