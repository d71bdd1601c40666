/** Internal: shared by this library's modules, and may change in any version. */
package dev.tram.core.internal;
