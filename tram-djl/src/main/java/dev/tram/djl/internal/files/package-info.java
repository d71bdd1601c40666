/** Files on disk; for this project's own use. */
package dev.tram.djl.internal.files;
