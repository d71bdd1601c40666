/** What a machine can and cannot do, for {@code tram doctor} and for bug reports. */
package dev.tram.examples.doctor;
