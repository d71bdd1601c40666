/** The two-pass optimizer and its training listener for the Deep Java Library. */
package dev.tram.djl;
