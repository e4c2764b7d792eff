package palace.repair;

/// What treatments work with during one repair.
public final class Surgery {
  Surgery() {}
}
