package palace.common.lock;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import palace.common.files.PasswordEntry;

/// The home folders below whose `.mempalace` a MemPalace that uses a palace may keep its locks:
/// that of this process; that of its user, where the environment names another; and that of the
/// palace's owner. MemPalace takes `HOME`, and without it what the user database says. The second
/// and the third count only when a `.mempalace` is there, because without one no MemPalace has ever
/// run with them.
///
/// @param folders the folders, each by its real path and only once
/// @param warnings one sentence for each that cannot be used
record Homes(List<Path> folders, List<String> warnings) {
  private static final String STATE = ".mempalace";

  static Homes of(Path palace) throws IOException {
    return of(System.getenv(), Path.of(System.getProperty("user.home", "/")), palace);
  }

  static Homes of(Map<String, String> environment, Path userHome, Path palace)
      throws IOException {
    var folders = new LinkedHashSet<Path>();
    var warnings = new ArrayList<String>();
    Optional<Path> told =
        Optional.ofNullable(environment.get("HOME")).filter(home -> !home.isEmpty()).map(Path::of);
    Path first = told.orElse(userHome);
    if (Files.isDirectory(first)) {
      folders.add(first.toRealPath());
    } else {
      warnings.add(
          "the home folder %s does not exist, so a MemPalace that uses it cannot be locked out"
              .formatted(first));
    }
    addUsed(folders, userHome);
    Optional<Path> ownersHome = ownersHome(palace);
    if (ownersHome.isPresent()) {
      addUsed(folders, ownersHome.get());
    }
    return new Homes(List.copyOf(folders), List.copyOf(warnings));
  }

  /// {@return a file or folder below MemPalace's state in each home}
  List<Path> each(String relative) {
    return folders.stream().map(home -> home.resolve(STATE).resolve(relative)).toList();
  }

  private static void addUsed(LinkedHashSet<Path> folders, Path home) throws IOException {
    if (Files.isDirectory(home.resolve(STATE))) {
      folders.add(home.toRealPath());
    }
  }

  private static Optional<Path> ownersHome(Path palace) throws IOException {
    if (!Files.exists(palace)
        || !palace.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return Optional.empty();
    }
    return Files.getAttribute(palace, "unix:uid") instanceof Integer uid
        ? PasswordEntry.homeOf(uid)
        : Optional.empty();
  }
}
