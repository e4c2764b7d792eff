package palace.repair;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import palace.common.files.FileOps;

/// The real file system until a given step, counted from 1; from then on every step fails, as when
/// the disk is gone.
final class FailingOps {
  private final int last;
  private final boolean exchanging;
  private int steps;

  FailingOps(int last) {
    this(last, true);
  }

  /// @param exchanging whether two names can change places in one step
  FailingOps(int last, boolean exchanging) {
    this.last = last;
    this.exchanging = exchanging;
  }

  int steps() {
    return steps;
  }

  FileOps ops() {
    FileOps real = FileOps.real();
    return (FileOps)
        Proxy.newProxyInstance(
            FileOps.class.getClassLoader(),
            new Class<?>[] {FileOps.class},
            (proxy, method, arguments) -> step(real, method, arguments));
  }

  private Object step(FileOps real, Method method, Object[] arguments) throws Throwable {
    if (method.getName().equals("mayExchange")) {
      return exchanging;
    }
    if (++steps > last) {
      throw new IOException("the test fails step " + steps + ", " + method.getName());
    }
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
