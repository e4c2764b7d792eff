package palace.common.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import palace.common.PalaceException;
import palace.common.RunId;
import palace.common.files.FileDigest;

final class SealTest {
  private static final RunId RUN = new RunId("20261121T034700Z-1a2b3c");
  private static final Seal.Origin ORIGIN =
      new Seal.Origin(
          RUN.value(), "0.1.0", Instant.parse("2026-11-21T03:47:00Z"), "0.6.3", "1.5.9");
  private static final FileDigest ABC =
      new FileDigest(3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

  private static final String VALID =
      "{\"formatVersion\":1,\"run\":\"r\",\"toolVersion\":\"v\",\"created\":\"2026-11-21T03:47:00Z\","
          + "\"sourceRelease\":\"0.6.3\",\"targetRelease\":\"1.5.9\",\"collections\":{},\"files\":{},\"new\":1}";

  @TempDir Path directory;

  @Test
  void aSealIsReadBackAndFitsItsDirectory() throws IOException {
    Files.writeString(directory.resolve("chroma.sqlite3"), "abc");
    Files.writeString(directory.resolve("chroma.sqlite3-shm"), "not sealed");
    var seal =
        Seal.of(
            directory, ORIGIN, Map.of("drawers 宮", new Seal.Contents(7, "d1")), List.of("x: y"));
    seal.write(directory);
    assertThat(Seal.read(directory)).contains(seal);
    assertThat(seal.files()).containsExactly(Map.entry("chroma.sqlite3", ABC));
    assertThat(seal.verify(directory)).isEmpty();
  }

  @Test
  void everyDifferenceIsNamed() throws IOException {
    Files.writeString(directory.resolve("a"), "abc");
    Files.writeString(directory.resolve("b"), "abc");
    var seal = Seal.of(directory, ORIGIN, Map.of(), List.of());
    Files.writeString(directory.resolve("a"), "abd");
    Files.delete(directory.resolve("b"));
    Files.writeString(directory.resolve("c"), "");
    assertThat(seal.verify(directory))
        .containsExactly(
            new Seal.Difference.Changed(
                "a",
                ABC,
                new FileDigest(
                    3, "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9")),
            new Seal.Difference.Missing("b"),
            new Seal.Difference.Extra("c"));
  }

  @Test
  void aSealThatCannotBeUnderstoodIsNone() throws IOException {
    assertThat(Seal.read(directory)).isEmpty();
    Files.createDirectory(directory.resolve(".palace"));
    for (String json :
        List.of(
            "",
            "{",
            "[]",
            "3",
            "{\"formatVersion\":1}",
            "{\"formatVersion\":2}",
            "\"x\"",
            VALID.replace("{}", "{\"a\":null}"),
            VALID.replace("{}", "{\"a\":{\"size\":3}}"),
            VALID.replace("1.5.9\",", "1.5.9\"," + "x"),
            "{\"formatVersion\":1,\"run\":{},\"toolVersion\":1,\"created\":\"yesterday\"}")) {
      Files.writeString(directory.resolve(Seal.NAME), json);
      assertThat(Seal.read(directory)).as(json).isEmpty();
    }
    Files.writeString(directory.resolve(Seal.NAME), VALID);
    assertThat(Seal.read(directory)).isPresent();
  }

  @Test
  void namesOnDiskAreThoseOfTheDesign() throws IOException {
    Path parent = directory.toRealPath();
    Path palace = Files.createDirectory(parent.resolve("N"));
    var paths = PalacePaths.of(palace, RUN);
    assertThat(paths.build()).isEqualTo(parent.resolve("N.build-20261121T034700Z-1a2b3c"));
    assertThat(paths.incoming()).isEqualTo(parent.resolve("N.incoming-20261121T034700Z-1a2b3c"));
    assertThat(paths.aside()).isEqualTo(parent.resolve("N.aside-20261121T034700Z-1a2b3c"));
    assertThat(paths.staging()).isEqualTo(parent.resolve("N.staging-20261121T034700Z-1a2b3c"));
    assertThat(paths.ops()).isEqualTo(parent.resolve("N.ops"));
    assertThat(paths.snapshot())
        .isEqualTo(parent.resolve("N.ops/snapshots/20261121T034700Z-1a2b3c"));
    assertThat(paths.seal()).isEqualTo(palace.resolve(".palace/seal.json"));

    Path link = Files.createSymbolicLink(parent.resolve("link"), palace);
    assertThat(PalacePaths.of(link, RUN)).isEqualTo(paths);
    assertThat(PalacePaths.of(Path.of(palace + "/./"), RUN)).isEqualTo(paths);
    assertThat(PalacePaths.of(parent.resolve("new"), RUN).build().getParent()).isEqualTo(parent);
    assertThatThrownBy(() -> PalacePaths.of(Path.of("/"), RUN))
        .isInstanceOf(PalaceException.Refused.class);
    Files.createDirectories(palace.resolve(".palace/ops"));
    assertThat(PalacePaths.opsOf(palace)).isEqualTo(palace.resolve(".palace/ops"));
  }

  @Test
  void theFolderOfTheSealIsForItsOwnerOnly() throws IOException {
    Seal.of(directory, ORIGIN, Map.of(), List.of()).write(directory);
    assertThat(Files.getPosixFilePermissions(directory.resolve(".palace")))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void logValuesStayOnOneLine() {
    assertThat(LogValue.of("/a/b")).isEqualTo("/a/b");
    assertThat(LogValue.of("a b\"\\\n")).isEqualTo("\"a b\\\"\\\\\\n\"");
    assertThat(LogValue.of("")).isEqualTo("\"\"");
  }
}
