package palace.common.swap;

import java.time.Instant;
import palace.common.RunId;

/// Who changes a palace, when, and with which version of the tool.
///
/// @param run the run
/// @param command the command, as it is named at the prompt
/// @param created when the run began
/// @param toolVersion the version of this tool
public record Occasion(RunId run, String command, Instant created, String toolVersion) {}
