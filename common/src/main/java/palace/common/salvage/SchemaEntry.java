package palace.common.salvage;

/// One row of `sqlite_master`.
///
/// @param type `table`, `index`, `view` or `trigger`
/// @param name of the table or index
/// @param root its root page, 0 of a virtual table
/// @param sql how it was made, "" of an index that a key implies
record SchemaEntry(String type, String name, long root, String sql) {}
