package dev.tram.experiments;

import java.awt.image.BufferedImage;

/**
 * An image and what a model says to it.
 *
 * @param predicted the class that the model finds most probable
 */
public record Prediction(BufferedImage image, String truth, String predicted) {

    public boolean isRight() {
        return truth.equals(predicted);
    }
}
