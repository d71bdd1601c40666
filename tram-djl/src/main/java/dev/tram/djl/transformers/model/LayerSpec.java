package dev.tram.djl.transformers.model;

import ai.djl.training.initializer.Initializer;

/**
 * What a transformer layer is made of.
 *
 * @param names what its family calls its parts
 * @param preNorm whether normalization comes before attention and perceptron (ViT, GPT-2) or after
 *     the residual sum (BERT)
 * @param width the size of a token's vector
 * @param heads the number of attention heads
 * @param innerWidth the perceptron's inner width
 * @param biasedProjections whether query, key and value have biases
 * @param activation the perceptron's activation
 * @param epsilon the floor of layer normalization
 * @param attentionDropout the dropout of attention weights
 * @param residualDropout the dropout of what is added to the residual stream
 * @param initializer the initial values of weights
 * @param outputInitializer the initial values of the weights that write to the residual stream
 */
record LayerSpec(
        LayerNames names,
        boolean preNorm,
        int width,
        int heads,
        int innerWidth,
        boolean biasedProjections,
        ActivationFunction activation,
        float epsilon,
        float attentionDropout,
        float residualDropout,
        Initializer initializer,
        Initializer outputInitializer) {}
