package palace.repair;

import java.nio.file.Path;
import java.util.Map;
import palace.common.doctor.CollectionName;
import palace.repair.embedder.NewVectors;

/// Vectors that an endpoint gave, for drawers that are listed because they lack one.
///
/// @param list the file that holds the drawers
/// @param vectors what was got for them
/// @param model the model they are of
/// @param collections the collections they belong to, by the label under which they are listed
/// @param applied whether the drawers are back in the database already, and only an index lacks
record Filling(
    Path list,
    NewVectors vectors,
    String model,
    Map<String, CollectionName> collections,
    boolean applied) {
  Filling {
    collections = Map.copyOf(collections);
  }

  Filling afterwards() {
    return new Filling(list, vectors, model, collections, true);
  }
}
