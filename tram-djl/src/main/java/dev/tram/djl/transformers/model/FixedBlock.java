package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;

/**
 * A block whose parameters have their shapes from construction on, so that a checkpoint can be
 * checked against it before any array is created.
 */
abstract class FixedBlock extends AbstractBlock {

    private static final byte VERSION = 1;

    FixedBlock() {
        super(VERSION);
    }

    final Parameter addParameter(
            String name, Parameter.Type type, Initializer initializer, long... shape) {
        return addParameter(
                Parameter.builder()
                        .setName(name)
                        .setType(type)
                        .optInitializer(initializer)
                        .optShape(new Shape(shape))
                        .build());
    }

    /** Sets the precision of matrix products and attention below this block. */
    void setPrecision(Precision precision) {
        for (Block child : getChildren().values()) {
            if (child instanceof FixedBlock block) {
                block.setPrecision(precision);
            }
        }
    }

    @Override
    protected final void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        for (Block child : getChildren().values()) {
            child.initialize(manager, dataType, inputShapes);
        }
    }
}
