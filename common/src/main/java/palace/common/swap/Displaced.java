package palace.common.swap;

import java.nio.file.Path;

/// A palace that another one took the place of: whole, but not filed as a snapshot yet. Its journal
/// stays until it is.
///
/// @param aside where the displaced palace is
/// @param paths the names of the run
/// @param occasion the run
/// @param journal the journal to remove once the displaced palace is filed
public record Displaced(Path aside, PalacePaths paths, Occasion occasion, MoveJournal journal) {}
