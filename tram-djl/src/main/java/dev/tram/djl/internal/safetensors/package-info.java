/** The safetensors format: one reader and one writer for the whole project. */
package dev.tram.djl.internal.safetensors;
