package palace.common.pickle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The stack machine of the pickle format, restricted to the opcodes that Chroma's own files hold.
///
/// | opcode | byte | | opcode | byte |
/// |---|---|---|---|---|
/// | PROTO | `80` u8 | | MARK | `(` |
/// | FRAME | `95` u64 | | EMPTY_DICT | `}` |
/// | SHORT_BINUNICODE | `8c` u8 | | SETITEM | `s` |
/// | BINUNICODE | `X` u32 | | SETITEMS | `u` |
/// | BINUNICODE8 | `8d` u64 | | EMPTY_TUPLE | `)` |
/// | BININT, BININT1, BININT2 | `J` i32, `K` u8, `M` u16 | | GLOBAL | `c` two lines |
/// | LONG1 | `8a` u8 | | STACK_GLOBAL | `93` |
/// | NONE | `N` | | NEWOBJ | `81` |
/// | MEMOIZE, BINPUT, LONG_BINPUT | `94`, `q` u8, `r` u32 | | BUILD | `b` |
/// | BINGET, LONG_BINGET | `h` u8, `j` u32 | | STOP | `.` |
///
/// Anything else is refused, and so is any class but `PersistentData`; nothing is ever called.
/// Pairs go into their dict as soon as the next one begins, so the stack stays small, and memory is
/// bounded by the bytes read: texts, numbers, at most [#MOST_DICTS] dicts and one memo entry per
/// memo opcode.
final class PickleMachine {
  /// How a refusal of any other class begins.
  static final String FOREIGN_CLASS = "it names a class that Chroma does not store: ";

  private static final String MODULE = "chromadb.segment.impl.vector.local_persistent_hnsw";
  private static final String CLASS = "PersistentData";
  private static final int DEEPEST_STACK = 256;
  private static final int MOST_DICTS = 32;

  private final PickleInput input;
  private final SharedValues shared = new SharedValues();
  private final List<Object> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final List<Object> memo = new ArrayList<>();
  private int dictCount;

  PickleMachine(PickleInput input) {
    this.input = input;
  }

  /// A value that is neither text, number nor dict.
  private enum Token {
    NONE,
    EMPTY_TUPLE,
    PERSISTENT_DATA
  }

  /// A dict of the pickle.
  private static final class Dict {
    final Map<Object, Object> entries = new LinkedHashMap<>();
  }

  /// An instance of `PersistentData`, whose fields are the dict given to BUILD.
  private static final class Instance {
    @Nullable Dict state;
  }

  /// Reads up to and including STOP.
  ///
  /// @return the fields and their shape
  PickleFields run() throws IOException, MalformedPickle, TruncatedPickle {
    for (int opcode = input.unsignedByte(); opcode != '.'; opcode = input.unsignedByte()) {
      step(opcode);
    }
    if (stack.size() == 1 && marks.isEmpty()) {
      if (stack.getFirst() instanceof Dict dict) {
        return new PickleFields(dict.entries, IndexMetadata.Shape.DICT);
      }
      if (stack.getFirst() instanceof Instance instance && instance.state != null) {
        return new PickleFields(instance.state.entries, IndexMetadata.Shape.CLASS);
      }
    }
    throw malformed("it does not end with one dict or one " + CLASS);
  }

  /// {@return what had been read when the bytes ended}
  PickleFields fieldsSoFar() {
    for (int i = marks.size() - 1; i >= 0; i--) {
      int base = marks.get(i);
      if (base > 0 && stack.get(base - 1) instanceof Dict dict) {
        putPairs(dict, base, i + 1 < marks.size() ? marks.get(i + 1) : stack.size());
      }
    }
    for (var value : stack) {
      var dict = value instanceof Instance instance ? instance.state : value;
      if (dict instanceof Dict found) {
        return new PickleFields(found.entries, IndexMetadata.Shape.DICT);
      }
    }
    return new PickleFields(Map.of(), IndexMetadata.Shape.DICT);
  }

  private void putPairs(Dict dict, int from, int to) {
    for (int at = from; at + 1 < to; at += 2) {
      if (stack.get(at) instanceof String || stack.get(at) instanceof Long) {
        dict.entries.put(stack.get(at), stack.get(at + 1));
      }
    }
  }

  private void step(int opcode) throws IOException, MalformedPickle, TruncatedPickle {
    switch (opcode) {
      case 0x80 -> protocol(input.unsignedByte());
      case 0x95 -> input.signedLong();
      case 0x8C -> push(shared.share(input.text(input.unsignedByte())));
      case 'X' -> push(shared.share(input.text(input.unsignedInt())));
      case 0x8D -> push(shared.share(input.text(input.signedLong())));
      case 'J' -> push(shared.share((long) input.signedInt()));
      case 'K' -> push(shared.share((long) input.unsignedByte()));
      case 'M' -> push(shared.share((long) input.unsignedShort()));
      case 0x8A -> push(shared.share(input.signedLong(input.unsignedByte())));
      case 'N' -> push(Token.NONE);
      case 0x94 -> remember(memo.size());
      case 'q' -> remember(input.unsignedByte());
      case 'r' -> remember(input.unsignedInt());
      case 'h' -> push(recall(input.unsignedByte()));
      case 'j' -> push(recall(input.unsignedInt()));
      case '(' -> mark();
      case '}' -> push(dict());
      case 's' -> setItem();
      case 'u' -> setItems();
      case ')' -> push(Token.EMPTY_TUPLE);
      case 'c' -> push(persistentData(input.line(), input.line()));
      case 0x93 -> stackGlobal();
      case 0x81 -> newObject();
      case 'b' -> build();
      default -> throw malformed("opcode 0x%02x is not one that Chroma writes".formatted(opcode));
    }
  }

  private void protocol(int version) throws MalformedPickle {
    if (version < 2 || version > 5) {
      throw malformed("pickle protocol " + version);
    }
  }

  private void push(Object value) throws MalformedPickle {
    if (!marks.isEmpty()) {
      settleLastPair(marks.getLast());
    }
    if (stack.size() >= DEEPEST_STACK) {
      throw malformed("more open values than Chroma writes");
    }
    stack.add(value);
  }

  /// A dict as value is left alone: a SETITEM may still be on its way to it.
  private void settleLastPair(int base) throws MalformedPickle {
    int pending = stack.size() - base;
    if (pending >= 2
        && pending % 2 == 0
        && base > 0
        && !(stack.getLast() instanceof Dict)
        && stack.get(base - 1) instanceof Dict dict) {
      put(dict);
    }
  }

  private void put(Dict dict) throws MalformedPickle {
    var value = stack.removeLast();
    var key = stack.removeLast();
    if (!(key instanceof String || key instanceof Long)) {
      throw malformed("a key that is neither text nor number");
    }
    dict.entries.put(key, value);
  }

  private void mark() throws MalformedPickle {
    if (marks.size() >= DEEPEST_STACK) {
      throw malformed("more open marks than Chroma writes");
    }
    marks.add(stack.size());
  }

  private Dict dict() throws MalformedPickle {
    if (++dictCount > MOST_DICTS) {
      throw malformed("more dicts than Chroma writes");
    }
    return new Dict();
  }

  private void setItem() throws MalformedPickle {
    requireAboveMark(3);
    if (!(stack.get(stack.size() - 3) instanceof Dict dict)) {
      throw malformed("SETITEM without a dict");
    }
    put(dict);
  }

  private void setItems() throws MalformedPickle {
    if (marks.isEmpty()) {
      throw malformed("SETITEMS without a mark");
    }
    int base = marks.removeLast();
    if (base == 0
        || !(stack.get(base - 1) instanceof Dict dict)
        || (stack.size() - base) % 2 != 0) {
      throw malformed("SETITEMS without a dict and whole pairs");
    }
    while (stack.size() > base) {
      put(dict);
    }
  }

  private void stackGlobal() throws MalformedPickle {
    requireAboveMark(2);
    var name = stack.removeLast();
    var module = stack.removeLast();
    push(persistentData(String.valueOf(module), String.valueOf(name)));
  }

  private Token persistentData(String module, String name) throws MalformedPickle {
    if (!module.equals(MODULE) || !name.equals(CLASS)) {
      throw malformed(FOREIGN_CLASS + printable(module, name));
    }
    return Token.PERSISTENT_DATA;
  }

  private static String printable(String module, String name) {
    var text = module + "." + name;
    var shown = text.length() > 80 ? text.substring(0, 80) + "…" : text;
    return shown.replaceAll("[^\\x20-\\x7e…]", "?");
  }

  private void newObject() throws MalformedPickle {
    requireAboveMark(2);
    if (stack.removeLast() != Token.EMPTY_TUPLE || stack.removeLast() != Token.PERSISTENT_DATA) {
      throw malformed("NEWOBJ of something else than " + CLASS);
    }
    push(new Instance());
  }

  private void build() throws MalformedPickle {
    requireAboveMark(2);
    if (!(stack.removeLast() instanceof Dict state)
        || !(stack.getLast() instanceof Instance instance)
        || instance.state != null) {
      throw malformed("BUILD of something else than " + CLASS);
    }
    instance.state = state;
  }

  private void requireAboveMark(int count) throws MalformedPickle {
    int base = marks.isEmpty() ? 0 : marks.getLast();
    if (stack.size() - base < count) {
      throw malformed("an opcode that lacks its operands");
    }
  }

  private void remember(long index) throws MalformedPickle {
    requireAboveMark(1);
    if (index > memo.size()) {
      throw malformed("memo entry " + index + " after " + memo.size() + " entries");
    }
    if (index == memo.size()) {
      memo.add(stack.getLast());
    } else {
      memo.set((int) index, stack.getLast());
    }
  }

  private Object recall(long index) throws MalformedPickle {
    if (index >= memo.size()) {
      throw malformed("memo entry " + index + " of " + memo.size());
    }
    return memo.get((int) index);
  }

  private MalformedPickle malformed(String what) {
    return new MalformedPickle(what + " (before byte " + input.position() + ")");
  }

  /// {@return the entries of a nested dict, or nothing when the value is no dict}
  static @Nullable Map<Object, Object> entriesOf(@Nullable Object value) {
    return value instanceof Dict dict ? dict.entries : null;
  }

  /// {@return whether the value is Python's None}
  static boolean isNone(Object value) {
    return value == Token.NONE;
  }
}
