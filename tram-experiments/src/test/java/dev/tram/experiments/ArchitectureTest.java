package dev.tram.experiments;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

    /** Slices of patterns leave out the package that holds the others. */
    private static final SliceAssignment PACKAGES =
            new SliceAssignment() {

                @Override
                public SliceIdentifier getIdentifierOf(JavaClass each) {
                    return SliceIdentifier.of(each.getPackageName());
                }

                @Override
                public String getDescription() {
                    return "packages";
                }
            };

    @Test
    void packagesDoNotDependOnEachOtherInCircles() {
        slices().assignedFrom(PACKAGES)
                .should()
                .beFreeOfCycles()
                .check(
                        new ClassFileImporter()
                                .withImportOption(new ImportOption.DoNotIncludeTests())
                                .importPackages("dev.tram.experiments"));
    }
}
