package dev.tram.core.analysis;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.internal.Arguments;

/**
 * Linear centered kernel alignment of two models' features of the same examples (Eq. 12; Kornblith
 * et al. 2019):
 *
 * <pre>CKA(X, Y) = ‖YᵀX‖²_F / (‖XᵀX‖_F ‖YᵀY‖_F),</pre>
 *
 * <p>1 for features that a rotation and an isotropic scaling make equal, 0 for unrelated ones.
 *
 * <p>Features are added batch by batch and not kept: the state is the mean and the scatter matrix
 * of all columns of X and Y together, in float64, merged as by Chan et al. (1983), so neither the
 * number of examples nor a large mean costs precision. Both forms of CKA follow from it.
 */
public final class LinearCka implements AutoCloseable {

    private final NDManager manager;
    private long rows;
    private long widthOfX;
    private NDArray mean;
    private NDArray scatter;

    /**
     * Creates an empty comparison.
     *
     * @param manager the parent of this comparison's own manager; its device does the computation
     */
    public LinearCka(NDManager manager) {
        this.manager = manager.newSubManager();
    }

    /**
     * Adds a batch of features.
     *
     * @param x the first model's features, of shape (examples, features)
     * @param y the second model's features of the same examples, of shape (examples, features); the
     *     numbers of features may differ
     * @throws IllegalArgumentException if the shapes do not fit each other or the earlier batches
     */
    public void add(NDArray x, NDArray y) {
        checkShapes(x.getShape(), y.getShape());
        long batchRows = x.getShape().get(0);
        if (batchRows == 0) {
            return;
        }
        if (mean == null) {
            start(x.getShape().get(1), y.getShape().get(1));
        }
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            NDArray batch = NDArrays.concat(new NDList(wide(x), wide(y)), 1);
            NDArray batchMean = batch.mean(new int[] {0}, true);
            NDArray centred = batch.sub(batchMean);
            NDArray delta = batchMean.sub(mean);
            double total = rows + batchRows;
            NDArray between = delta.transpose().matMul(delta).mul(rows * (batchRows / total));
            scatter.addi(centred.transpose().matMul(centred).add(between));
            mean.addi(delta.mul(batchRows / total));
        }
        rows += batchRows;
    }

    private void checkShapes(Shape x, Shape y) {
        if (x.dimension() != 2) {
            throw Arguments.rejected("x", "of shape (examples, features)", x);
        }
        if (y.dimension() != 2 || y.get(0) != x.get(0)) {
            String expected = "of shape (examples, features) with " + x.get(0) + " examples";
            throw Arguments.rejected("y", expected, y);
        }
        if (mean != null) {
            checkWidth("x", x, widthOfX);
            checkWidth("y", y, mean.getShape().get(1) - widthOfX);
        }
    }

    private static void checkWidth(String name, Shape shape, long width) {
        if (shape.get(1) != width) {
            throw Arguments.rejected(name, "of the earlier batches' " + width + " features", shape);
        }
    }

    private void start(long ofX, long ofY) {
        widthOfX = ofX;
        mean = manager.zeros(new Shape(1, ofX + ofY), DataType.FLOAT64);
        scatter = manager.zeros(new Shape(ofX + ofY, ofX + ofY), DataType.FLOAT64);
    }

    private NDArray wide(NDArray features) {
        return features.toDevice(manager.getDevice(), false).toType(DataType.FLOAT64, false);
    }

    /**
     * Returns the number of examples added.
     *
     * @return the number of examples
     */
    public long examples() {
        return rows;
    }

    /**
     * Returns CKA of the features with their columns centred, as Kornblith et al. define it.
     *
     * @return a value in [0, 1], NaN if the features of either model are constant
     * @throws IllegalStateException if there are no examples
     */
    public double centred() {
        checkStarted();
        return alignment(scatter);
    }

    /**
     * Returns Eq. 12 of the features as they are, without centring.
     *
     * @return a value in [0, 1], NaN if the features of either model are all 0
     * @throws IllegalStateException if there are no examples
     */
    public double uncentred() {
        checkStarted();
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            NDArray ofMeans = mean.transpose().matMul(mean).mul((double) rows);
            return alignment(scatter.add(ofMeans));
        }
    }

    private void checkStarted() {
        if (rows == 0) {
            throw new IllegalStateException("CKA needs at least 1 example, received: 0");
        }
    }

    private double alignment(NDArray products) {
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            NDArray squares = products.square();
            String ofX = ":" + widthOfX;
            String ofY = widthOfX + ":";
            double xx = block(squares, ofX, ofX);
            double yy = block(squares, ofY, ofY);
            return block(squares, ofX, ofY) / Math.sqrt(xx) / Math.sqrt(yy);
        }
    }

    private static double block(NDArray matrix, String rows, String columns) {
        return matrix.get(new NDIndex(rows + "," + columns)).sum().getDouble();
    }

    @Override
    public void close() {
        manager.close();
    }
}
