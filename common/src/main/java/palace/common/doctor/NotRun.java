package palace.common.doctor;

/// A check that could not be made. It never counts as passed.
///
/// @param check what should have been looked at
/// @param reason why it was not
/// @param essential whether nobody may call the palace healthy without it
public record NotRun(String check, String reason, boolean essential) {}
