/**
 * Internal, and may change in any version: a model's arrays on each device, what the engine must do
 * for the step beyond DJL's interface, and the base optimizer's state.
 */
package dev.tram.djl.internal.engine;
