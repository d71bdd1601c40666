/**
 * Many experiments at once: a grid file names them, each run of them is a cell, and cells are run
 * by processes of their own.
 */
package dev.tram.experiments.sweep;
