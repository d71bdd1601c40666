package dev.tram.djl;

import ai.djl.basicmodelzoo.basic.Mlp;
import ai.djl.basicmodelzoo.cv.classification.ResNetV1;
import ai.djl.basicmodelzoo.cv.object_detection.ssd.SingleShotDetection;
import ai.djl.basicmodelzoo.tabular.TabNet;
import ai.djl.modality.nlp.DefaultVocabulary;
import ai.djl.modality.nlp.embedding.TrainableWordEmbedding;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.transformer.BertBlock;
import ai.djl.timeseries.distribution.DistributionLoss;
import ai.djl.timeseries.distribution.output.DistributionOutput;
import ai.djl.timeseries.distribution.output.NegativeBinomialOutput;
import ai.djl.timeseries.distribution.output.StudentTOutput;
import ai.djl.timeseries.model.deepar.DeepARNetwork;
import ai.djl.timeseries.timefeature.TimeFeature;
import ai.djl.training.loss.IndexLoss;
import ai.djl.training.loss.Loss;
import ai.djl.training.loss.SimpleCompositeLoss;
import ai.djl.training.loss.TabNetRegressionLoss;
import dev.tram.core.Divergences;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The models and losses of DJL's example programs, as small as they go, on data that can be
 * learned.
 */
enum DjlProgram {
    /** Images of three brightnesses. */
    MNIST_MLP,
    /** Colour images of three brightnesses: convolutions with batch normalization. */
    RESNET,
    /** Sequences of three levels. */
    LSTM_CLASSIFIER,
    /** Repeats a word; DJL's masked loss needs an operation that its PyTorch engine lacks. */
    SEQ2SEQ,
    /** Whether the first word is large: DJL's transformer, with dropout. */
    BERT,
    /** Forecasts of constant series: parameters of a distribution. */
    DEEP_AR,
    /** Forecasts of counts, whose loss reorders the model's outputs in place. */
    DEEP_AR_COUNTS,
    /** Regression on a table: numbers and a sparsity. */
    TAB_NET,
    /** One box per image: anchors, classes and offsets. */
    SSD,
    /** Two digits of one image: several outputs, several losses. */
    CAPTCHA,
    /** A frozen base and a new head. */
    TRANSFER;

    private static final int BATCH = 8;
    private static final int CLASSES = 3;
    private static final int WORDS = 10;
    private static final int LENGTH = 4;
    private static final int BERT_LENGTH = 8;
    private static final int PIXELS = 64;

    /** A model, not initialised. */
    Block newBlock() {
        return switch (this) {
            case MNIST_MLP -> new Mlp(36, CLASSES, new int[] {12});
            case RESNET ->
                    ResNetV1.builder()
                            .setImageShape(new Shape(3, 8, 8))
                            .setNumLayers(8)
                            .setOutSize(CLASSES)
                            .build();
            case LSTM_CLASSIFIER ->
                    new SequentialBlock()
                            .add(lstm())
                            .add(x -> new NDList(x.head().get(":, -1")))
                            .add(linear(CLASSES));
            case SEQ2SEQ -> seq2seq();
            case BERT ->
                    new SequentialBlock()
                            .add(
                                    BertBlock.builder()
                                            .nano()
                                            .setTokenDictionarySize(WORDS)
                                            .optMaxSequenceLength(BERT_LENGTH)
                                            .optEmbeddingSize(16)
                                            .optTransformerBlockCount(1)
                                            .optAttentionHeadCount(2)
                                            .optHiddenSize(32)
                                            .build())
                            .add(x -> new NDList(x.get(1)))
                            .add(linear(2));
            case DEEP_AR -> deepAr(new StudentTOutput());
            case DEEP_AR_COUNTS -> deepAr(new NegativeBinomialOutput());
            case TAB_NET -> TabNet.builder().setInputDim(5).setOutDim(1).build();
            case SSD -> ssd();
            case CAPTCHA ->
                    new SequentialBlock()
                            .add(linear(12))
                            .add(x -> new NDList(x.head().tanh()))
                            .add(heads(linear(CLASSES), linear(CLASSES)));
            case TRANSFER -> {
                Block base = linear(12);
                base.freezeParameters(true);
                yield new SequentialBlock()
                        .add(base)
                        .add(x -> new NDList(x.head().tanh()))
                        .add(linear(CLASSES));
            }
        };
    }

    private static Linear linear(long units) {
        return Linear.builder().setUnits(units).build();
    }

    private static LSTM lstm() {
        return LSTM.builder().setNumLayers(1).setStateSize(8).optBatchFirst(true).build();
    }

    private static Block heads(Block... heads) {
        return new ParallelBlock(
                outputs -> new NDList(outputs.stream().map(NDList::head).toList()), List.of(heads));
    }

    private static Block words(int input) {
        return new SequentialBlock()
                .add(new LambdaBlock(x -> new NDList(x.get(input))))
                .add(new TrainableWordEmbedding(vocabulary(), 6))
                .add(lstm());
    }

    private static DefaultVocabulary vocabulary() {
        List<String> words = IntStream.range(0, WORDS).mapToObj(Integer::toString).toList();
        return DefaultVocabulary.builder().add(words).build();
    }

    private static Block seq2seq() {
        return new SequentialBlock()
                .add(heads(words(0), words(1)))
                .add(x -> new NDList(x.get(1).add(x.get(0).get(":, -1:"))))
                .add(linear(WORDS));
    }

    private static DeepARNetwork deepAr(DistributionOutput output) {
        return DeepARNetwork.builder()
                .setCardinality(List.of(CLASSES))
                .setFreq("D")
                .setPredictionLength(2)
                .optContextLength(LENGTH)
                .optDistrOutput(output)
                .optUseFeatStaticCat(true)
                .buildTrainingNetwork();
    }

    private static Block ssd() {
        List<List<Float>> sizes = new ArrayList<>();
        List<List<Float>> ratios = new ArrayList<>();
        for (float size : new float[] {0.2f, 0.37f, 0.54f, 0.71f, 0.88f}) {
            sizes.add(List.of(size, size + 0.08f));
            ratios.add(List.of(1f, 2f, 0.5f));
        }
        SequentialBlock base = new SequentialBlock();
        for (int filters : new int[] {8, 16, 16}) {
            base.add(SingleShotDetection.getDownSamplingBlock(filters));
        }
        return SingleShotDetection.builder()
                .setNumClasses(1)
                .setNumFeatures(3)
                .optGlobalPool(true)
                .setRatios(ratios)
                .setSizes(sizes)
                .setBaseNetwork(base)
                .build();
    }

    Loss loss() {
        return switch (this) {
            case SEQ2SEQ -> new PositionLoss();
            case DEEP_AR -> new DistributionLoss("loss", new StudentTOutput());
            case DEEP_AR_COUNTS -> new DistributionLoss("loss", new NegativeBinomialOutput());
            case TAB_NET -> new TabNetRegressionLoss();
            case SSD -> new BoxLoss();
            case CAPTCHA ->
                    new SimpleCompositeLoss()
                            .addLoss(new IndexLoss(Loss.softmaxCrossEntropyLoss("one"), 0))
                            .addLoss(new IndexLoss(Loss.softmaxCrossEntropyLoss("two"), 1));
            default -> Loss.softmaxCrossEntropyLoss();
        };
    }

    /** A method that measures a distance, with the recipe of the guide. */
    TramOptimizer.Builder tram() {
        Method method = Methods.named("tram-previous-relative");
        return switch (this) {
            case DEEP_AR ->
                    method.with(HyperParameter.DIVERGENCE, Divergences.gaussianKl(1))
                            .builder()
                            .optLogits(outputs -> outputs.get("mu").expandDims(-1));
            case DEEP_AR_COUNTS ->
                    method.with(HyperParameter.DIVERGENCE, Divergences.gaussianKl(1))
                            .builder()
                            .optLogits(outputs -> outputs.get(1).expandDims(-1));
            case TAB_NET ->
                    method.with(HyperParameter.DIVERGENCE, Divergences.gaussianKl(1))
                            .builder()
                            .optLogits(NDList::head);
            case SSD, CAPTCHA -> method.builder().optLogits(outputs -> outputs.get(1));
            default -> method.builder();
        };
    }

    Shape[] inputShapes() {
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            return data(manager, 0).stream().map(NDArray::getShape).toArray(Shape[]::new);
        }
    }

    /** The inputs of the batch with a number. */
    NDList data(NDManager manager, int number) {
        float[] levels = levels(number);
        return switch (this) {
            case MNIST_MLP, TRANSFER, CAPTCHA -> new NDList(around(manager, levels, 1, 6, 6));
            case RESNET -> new NDList(around(manager, levels, 3, 8, 8));
            case LSTM_CLASSIFIER -> new NDList(around(manager, levels, LENGTH, 2));
            case SEQ2SEQ -> {
                NDArray words = ids(manager, levels).reshape(-1, 1).repeat(1, LENGTH);
                yield new NDList(words, words.onesLike());
            }
            case BERT -> {
                NDArray words = ids(manager, levels).reshape(-1, 1).repeat(1, BERT_LENGTH);
                yield new NDList(words, words.zerosLike(), words.onesLike());
            }
            case DEEP_AR, DEEP_AR_COUNTS -> series(manager, levels);
            case TAB_NET -> new NDList(around(manager, levels, 5));
            case SSD -> new NDList(around(manager, levels, 3, PIXELS, PIXELS));
        };
    }

    NDList labels(NDManager manager, int number) {
        NDArray levels = manager.create(levels(number));
        return switch (this) {
            case SEQ2SEQ -> {
                NDArray words = ids(manager, levels(number)).toType(DataType.FLOAT32, false);
                yield new NDList(words.reshape(-1, 1).repeat(1, LENGTH));
            }
            case BERT -> new NDList(levels.gt(0).toType(DataType.FLOAT32, false));
            case DEEP_AR, DEEP_AR_COUNTS -> new NDList(levels.reshape(-1, 1).repeat(1, LENGTH + 3));
            case TAB_NET -> new NDList(levels.reshape(-1, 1));
            case SSD -> new NDList(boxes(manager, number));
            case CAPTCHA -> new NDList(levels, levels.mul(-1).add(2));
            default -> new NDList(levels);
        };
    }

    private static float[] levels(int number) {
        Random random = new Random(number);
        float[] levels = new float[BATCH];
        for (int i = 0; i < BATCH; i++) {
            levels[i] = random.nextInt(CLASSES);
        }
        return levels;
    }

    private static NDArray ids(NDManager manager, float[] levels) {
        return manager.create(levels).add(1).toType(DataType.INT64, false);
    }

    private static NDArray around(NDManager manager, float[] levels, long... shape) {
        int size = (int) new Shape(shape).size();
        Random random = new Random(size);
        float[] values = new float[levels.length * size];
        for (int i = 0; i < values.length; i++) {
            values[i] = levels[i / size] - 1 + 0.3f * (float) random.nextGaussian();
        }
        return manager.create(values, new Shape(levels.length).addAll(new Shape(shape)));
    }

    private static NDArray boxes(NDManager manager, int number) {
        Random random = new Random(number);
        float[] values = new float[BATCH * 5];
        for (int i = 0; i < BATCH; i++) {
            float left = random.nextFloat() * 0.5f;
            float top = random.nextFloat() * 0.5f;
            float[] box = {0, left, top, left + 0.4f, top + 0.4f};
            System.arraycopy(box, 0, values, 5 * i, 5);
        }
        return manager.create(values, new Shape(BATCH, 1, 5));
    }

    /** What DeepAR's training transformation makes of series that stay where they are. */
    private NDList series(NDManager manager, float[] levels) {
        DeepARNetwork network = (DeepARNetwork) newBlock();
        long history = network.getHistoryLength();
        long features = 1L + TimeFeature.timeFeaturesFromFreqStr("D").size();
        Function<Long, NDArray> constant =
                length -> manager.create(levels).reshape(-1, 1).repeat(1, length);
        NDArray past = constant.apply(history);
        NDArray future = constant.apply((long) LENGTH);
        return new NDList(
                manager.create(levels).reshape(-1, 1).toType(DataType.INT64, false),
                manager.zeros(new Shape(BATCH, 1)),
                manager.zeros(new Shape(BATCH, history, features)),
                past,
                past.onesLike(),
                past.zerosLike(),
                manager.zeros(new Shape(BATCH, LENGTH, features)),
                future,
                future.onesLike());
    }

    /**
     * The single-shot detection loss, as DJL's own needs an operation that its PyTorch engine
     * lacks: cross-entropy of background or object per anchor, and L1 of the offsets of anchors
     * that overlap the box.
     */
    private static final class BoxLoss extends Loss {

        BoxLoss() {
            super("boxes");
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            NDArray anchors = predictions.get(0);
            NDArray box = labels.head().get(":, :, 1:");
            NDArray least = anchors.get(":, :, :2").maximum(box.get(":, :, :2"));
            NDArray most = anchors.get(":, :, 2:").minimum(box.get(":, :, 2:"));
            NDArray overlap = area(most.sub(least).maximum(0));
            NDArray union = area(size(anchors)).add(area(size(box))).sub(overlap);
            NDArray object = overlap.div(union).gt(0.3f).toType(DataType.FLOAT32, false);
            NDArray offsets =
                    centre(box)
                            .sub(centre(anchors))
                            .div(size(anchors))
                            .concat(size(box).div(size(anchors)).log(), -1);
            NDArray predicted = predictions.get(2).reshape(offsets.getShape());
            NDArray logarithms = predictions.get(1).logSoftmax(-1);
            NDArray chosen = logarithms.mul(object.toType(DataType.INT64, false).oneHot(2));
            NDArray error = offsets.sub(predicted).abs().mul(object.expandDims(-1)).mean();
            return chosen.sum(new int[] {-1}).mean().neg().add(error);
        }

        private static NDArray size(NDArray boxes) {
            return boxes.get(":, :, 2:").sub(boxes.get(":, :, :2"));
        }

        private static NDArray centre(NDArray boxes) {
            return boxes.get(":, :, 2:").add(boxes.get(":, :, :2")).div(2);
        }

        private static NDArray area(NDArray sizes) {
            return sizes.prod(new int[] {-1});
        }
    }
}
