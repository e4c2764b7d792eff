package palace.it;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.conditions.ArchConditions;
import java.io.File;
import java.io.FileOutputStream;
import java.io.FileWriter;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The shape of the code as rules that fail: who may know whom, and who may touch files, databases
/// and the terminal.
final class ArchitectureTest {
  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("palace");

  /// The packages of `common` in reading order: each may import only those before it.
  private static final List<String> CHAIN =
      List.of(
          "files", "pickle", "hnsw", "sqlite", "chroma", "salvage", "store", "sources", "doctor");

  /// The packages beside the chain, which never imports them.
  private static final List<String> BESIDE =
      List.of("lock", "swap", "snapshot", "history", "restore");

  private static final Set<String> FILES_CALLS =
      Set.of(
          "copy",
          "createLink",
          "createSymbolicLink",
          "delete",
          "deleteIfExists",
          "move",
          "newBufferedWriter",
          "newOutputStream",
          "write",
          "writeString");

  private static final Set<String> FILE_CALLS = Set.of("delete", "deleteOnExit", "renameTo");

  private static final List<Class<?>> WRITERS =
      List.of(FileOutputStream.class, FileWriter.class, PrintWriter.class, RandomAccessFile.class);

  @Test
  void theCommandTheLauncherAndTheModulesBelowAreLookedAt() {
    assertThat(MAIN.stream().map(JavaClass::getPackageName))
        .contains("palace.cli", "palace.launch", "palace.common");
  }

  @Test
  void commonKnowsNoOtherModule() {
    mayNotKnow("palace.common..", "palace.migrate..", "palace.repair..", "palace.upkeep..");
    mayNotKnow("palace.common..", "palace.cli..", "palace.launch..");
  }

  @Test
  void migrateRepairAndUpkeepKnowNeitherEachOtherNorTheCommandLine() {
    mayNotKnow("palace.migrate..", "palace.repair..", "palace.upkeep..", "palace.cli..");
    mayNotKnow("palace.repair..", "palace.migrate..", "palace.upkeep..", "palace.cli..");
    mayNotKnow("palace.upkeep..", "palace.migrate..", "palace.repair..", "palace.cli..");
  }

  @Test
  void theRootOfCommonKnowsNoneOfItsPackages() {
    mayNotKnow("palace.common", "palace.common.*..");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "files", "pickle", "hnsw", "sqlite", "chroma", "salvage", "store", "sources", "doctor"
      })
  void aPackageOfTheChainKnowsOnlyThoseBeforeIt(String name) {
    var later = new ArrayList<>(CHAIN.subList(CHAIN.indexOf(name) + 1, CHAIN.size()));
    later.addAll(BESIDE);
    mayNotKnow(inCommon(name), later.stream().map(ArchitectureTest::inCommon).toList());
  }

  @ParameterizedTest
  @ValueSource(strings = {"lock", "swap", "snapshot", "history"})
  void aPackageBesideTheChainDoesNotKnowTheDoctor(String name) {
    mayNotKnow(inCommon(name), inCommon("doctor"));
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("palace.(**)").should().beFreeOfCycles().allowEmptyShould(true).check(MAIN);
  }

  @Test
  void everyPackageIsNullMarked() {
    classes().should(beInANullMarkedPackage()).check(MAIN);
  }

  @Test
  void onlyTheChromaPackageSpeaksSql() {
    noClasses()
        .that()
        .resideOutsideOfPackage(inCommon("chroma"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.sql..", "javax.sql..", "org.sqlite..", "com.zaxxer.hikari..")
        .because("what the database throws is translated where it is opened")
        .check(MAIN);
  }

  @Test
  void onlyTheFilesPackageChangesFiles() {
    noClasses()
        .that()
        .resideOutsideOfPackage(inCommon("files"))
        .should()
        .accessTargetWhere(describe("changes files", ArchitectureTest::changesFiles))
        .because("that package holds the rules by which files are moved, written and deleted")
        .check(MAIN);
  }

  @Test
  void onlyTheCommandLineSpeaksToTheTerminal() {
    noClasses()
        .that()
        .resideOutsideOfPackages("palace.cli..", "palace.launch..")
        .should()
        .accessTargetWhere(
            describe("is System.out or System.err", call -> isOn(call, System.class, "out", "err")))
        .check(MAIN);
  }

  @Test
  void onlyTheLauncherMainAndASignalEndTheProcess() {
    noClasses()
        .should()
        .accessTargetWhere(describe("ends the process", ArchitectureTest::endsTheProcessElsewhere))
        .check(MAIN);
  }

  private static void mayNotKnow(String who, String... whom) {
    mayNotKnow(who, List.of(whom));
  }

  private static void mayNotKnow(String who, List<String> whom) {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage(who)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(whom.toArray(String[]::new));
    rule.allowEmptyShould(true).check(MAIN);
  }

  private static String inCommon(String name) {
    return "palace.common." + name + "..";
  }

  private static boolean changesFiles(JavaAccess<?> access) {
    String name = access.getTarget().getName();
    JavaClass owner = access.getTargetOwner();
    return owner.isEquivalentTo(Files.class) && FILES_CALLS.contains(name)
        || owner.isEquivalentTo(File.class) && FILE_CALLS.contains(name)
        || name.equals("<init>") && opensAFile(access);
  }

  private static boolean opensAFile(JavaAccess<?> access) {
    JavaClass owner = access.getTargetOwner();
    return WRITERS.stream().anyMatch(owner::isEquivalentTo)
        && !access.getDescription().contains("<init>(java.io.Writer")
        && !access.getDescription().contains("<init>(java.io.OutputStream");
  }

  private static boolean endsTheProcessElsewhere(JavaAccess<?> access) {
    boolean mainOfTheCommand =
        access.getOriginOwner().getName().equals("palace.cli.PalaceCommand")
            && access.getOrigin().getName().equals("main");
    boolean signal = access.getOriginOwner().getName().equals("palace.cli.Cancellation");
    boolean launcher = access.getOriginOwner().getPackageName().equals("palace.launch");
    return isEnd(access) && !mainOfTheCommand && !signal && !launcher;
  }

  private static boolean isEnd(JavaAccess<?> access) {
    return isOn(access, System.class, "exit") || isOn(access, Runtime.class, "exit", "halt");
  }

  private static boolean isOn(JavaAccess<?> access, Class<?> owner, String... names) {
    return access.getTargetOwner().isEquivalentTo(owner)
        && List.of(names).contains(access.getTarget().getName());
  }

  private static ArchCondition<JavaClass> beInANullMarkedPackage() {
    DescribedPredicate<JavaClass> marked =
        describe(
            "in a @NullMarked package",
            type -> type.getPackage().isAnnotatedWith(NullMarked.class));
    return ArchConditions.be(marked);
  }
}
