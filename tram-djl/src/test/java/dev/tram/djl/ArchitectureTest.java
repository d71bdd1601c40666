package dev.tram.djl;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

    private static final JavaClasses LIBRARY =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("dev.tram.djl", "dev.tram.core");

    private static final String TRANSFORMERS = "dev.tram.djl.transformers..";
    private static final String TENSORBOARD = "dev.tram.djl.tensorboard..";

    @Test
    void theOptimizerNeedsDjlAndWhatComesWithIt() {
        classes()
                .that()
                .resideOutsideOfPackages(TRANSFORMERS, TENSORBOARD, "dev.tram.djl.internal.files..")
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

    /** No command line, no charts, no tables; what is optional in the pom is named here. */
    @Test
    void transformersNeedTokenizersJsonAndProtocolBuffersBeside() {
        classes()
                .that()
                .resideInAnyPackage(TRANSFORMERS, "dev.tram.djl.internal.files..")
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage(
                                "java..",
                                "javax.imageio..",
                                "ai.djl..",
                                "org.slf4j..",
                                "com.fasterxml.jackson..",
                                "com.google.protobuf..",
                                "com.drew..",
                                "org.apache.commons.csv..",
                                "dev.tram.core..",
                                "dev.tram.djl.."))
                .check(LIBRARY);
    }

    @Test
    void eventFilesNeedProtocolBuffersBeside() {
        classes()
                .that()
                .resideInAPackage(TENSORBOARD)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "ai.djl..", "com.google.protobuf..", TENSORBOARD)
                .check(LIBRARY);
    }

    @Test
    void theOptimizerDoesNotKnowTheTransformers() {
        noClasses()
                .that()
                .resideOutsideOfPackage(TRANSFORMERS)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(TRANSFORMERS)
                .check(LIBRARY);
    }

    /** A program without the tokenizers' artifact, or without protobuf, loads every other class. */
    @Test
    void tokenizersAreKnownInTheirOwnPackageOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.tram.djl.transformers.tokenizer..", TENSORBOARD)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.djl.huggingface..", "com.google.protobuf..")
                .check(LIBRARY);
    }

    /** On a GPU they are cuDNN's, whose float32 is TF32 unless PyTorch is told otherwise. */
    @Test
    void modelsHaveNoConvolutions() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("ai.djl.nn.convolutional..")
                .check(LIBRARY);
    }

    /** So that the library loads, and works, beside another engine. */
    @Test
    void thePyTorchEngineIsKnownInItsOwnPackageOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.tram.djl.internal.pytorch..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("ai.djl.pytorch..")
                .check(LIBRARY);
    }

    @Test
    void noPackageNeedsItself() {
        slices().matching("dev.tram.(**)").should().beFreeOfCycles().check(LIBRARY);
    }

    /** What is internal serves the step and the analyses, and knows neither. */
    @Test
    void theEngineRoomKnowsNothingOfTheStep() {
        noClasses()
                .that()
                .resideInAPackage("dev.tram.djl.internal..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.tram.djl", "dev.tram.djl.analysis..")
                .check(LIBRARY);
    }

    @Test
    void theStepKnowsNothingOfTheAnalyses() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.tram.djl.analysis..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.tram.djl.analysis..")
                .check(LIBRARY);
    }
}
