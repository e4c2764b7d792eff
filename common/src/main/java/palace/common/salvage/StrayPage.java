package palace.common.salvage;

import palace.common.sqlite.RowidRange;

/// A page of a table that no tree leads to.
///
/// @param number of the page
/// @param rowids from its smallest to its largest
/// @param claimed whether an interior page that no tree leads to names it as a child
record StrayPage(long number, RowidRange rowids, boolean claimed) {}
