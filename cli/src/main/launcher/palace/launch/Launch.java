package palace.launch;

import java.lang.reflect.InvocationTargetException;

/// Starts the command, or says in one sentence that the Java found is too old. It is compiled for
/// Java 8: the classes of the command would greet an older Java with a stack trace.
public final class Launch {
  private static final int OLDEST_JAVA = 25;
  private static final int EXIT_JAVA_TOO_OLD = 78;
  private static final String COMMAND = "palace.cli.PalaceCommand";

  private Launch() {}

  /// Hands the arguments to the command; exits with 78 where Java is older than 25.
  public static void main(String[] args) throws Throwable {
    String found = System.getProperty("java.specification.version");
    if (release(found) < OLDEST_JAVA) {
      System.err.println(tooOld(found, System.getProperty("java.home")));
      System.exit(EXIT_JAVA_TOO_OLD);
    }
    loadLateModule();
    start(args);
  }

  /// The start script names the module when the runtime beside it lets this class in. Named to the
  /// JVM itself, an incubating module prints a warning on every start.
  private static void loadLateModule() throws ReflectiveOperationException {
    String module = System.getProperty("palace.late.module");
    if (module != null) {
      Class.forName("jdk.internal.module.Modules")
          .getMethod("loadModule", String.class)
          .invoke(null, module);
    }
  }

  private static int release(String specification) {
    return (int)
        Double.parseDouble(
            specification.startsWith("1.") ? specification.substring(2) : specification);
  }

  private static String tooOld(String found, String home) {
    return "palace: error: palace needs Java "
        + OLDEST_JAVA
        + " or newer, and this is Java "
        + found
        + " in "
        + home
        + ": set JAVA_HOME to a newer one, or use the download that brings its own";
  }

  private static void start(String[] args) throws Throwable {
    try {
      Class.forName(COMMAND).getMethod("main", String[].class).invoke(null, (Object) args);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
