package dev.tram.djl;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

    private static final JavaClasses LIBRARY =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("dev.tram.djl", "dev.tram.core");

    @Test
    void theLibraryNeedsDjlAndWhatComesWithIt() {
        classes()
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage(
                                "java..",
                                "ai.djl..",
                                "org.slf4j..",
                                "com.google.gson..",
                                "dev.tram.core..",
                                "dev.tram.djl.."))
                .check(LIBRARY);
    }

    /** So that the library loads, and works, beside another engine. */
    @Test
    void thePyTorchEngineIsKnownInItsOwnPackageOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.tram.djl.pytorch..")
                .and()
                .doNotHaveSimpleName("PyTorchBridge")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("ai.djl.pytorch..")
                .check(LIBRARY);
    }
}
