package dev.tram.djl;

import ai.djl.ndarray.NDList;
import dev.tram.core.AscentArrays;

/**
 * The vector v of one replica's ascent.
 *
 * @param arrays v and what D is made of
 * @param gradient g, over the ascending parameters
 * @param isGradient whether v is g
 */
record AscentVector(AscentArrays arrays, NDList gradient, boolean isGradient) {}
