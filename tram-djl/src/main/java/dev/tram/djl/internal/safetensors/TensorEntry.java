package dev.tram.djl.internal.safetensors;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Where a tensor lies in a safetensors file.
 *
 * @param type the type of its values
 * @param shape its shape
 * @param begin the file position of its first byte
 * @param end the file position behind its last byte
 */
public record TensorEntry(DataType type, Shape shape, long begin, long end) {}
