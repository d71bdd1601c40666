package dev.tram.core;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import ai.djl.Device;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

    /** Arrays and devices, but no training, nn or engine package. */
    @Test
    void coreKnowsArraysOnly() {
        JavaClasses core =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.tram.core");
        classes()
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage("java..", "ai.djl.ndarray..", "dev.tram.core..")
                                .or(equivalentTo(Device.class)))
                .check(core);
    }
}
