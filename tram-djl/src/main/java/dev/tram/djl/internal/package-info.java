/** Internal: shared by this library's packages, and may change in any version. */
package dev.tram.djl.internal;
