/** What a trained model says to arrays, texts and images. */
package dev.tram.examples.predict;
