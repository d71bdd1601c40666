/**
 * Reading data sets: files of rows ({@link dev.tram.experiments.data.RowSource}), one row at a
 * time, and what is made of them. A malformed row is left out, counted and reported with its file
 * and line; more than one in a hundred is an error ({@link dev.tram.experiments.data.RowCensus}).
 */
package dev.tram.experiments.data;
