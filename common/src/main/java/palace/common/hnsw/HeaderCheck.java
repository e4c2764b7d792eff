package palace.common.hnsw;

import java.util.List;
import java.util.Locale;

/// Checks `header.bin` by itself, against the layout that the database leads to expect, and against
/// the sizes of the files.
final class HeaderCheck {
  private static final double MULT_TOLERANCE = 1e-6;
  private static final long LARGEST_EF_CONSTRUCTION = Integer.MAX_VALUE;

  private final HnswIndex index;
  private final List<IndexFault> faults;

  HeaderCheck(HnswIndex index, List<IndexFault> faults) {
    this.index = index;
    this.faults = faults;
  }

  void examine() {
    long bytes = index.fileBytes(IndexFile.HEADER);
    if (index.has(IndexFile.HEADER) && bytes != HnswHeader.BYTES) {
      faults.add(new IndexFault.HeaderSize(bytes));
    }
    if (index.header().isEmpty()) {
      return;
    }
    var header = index.header().get();
    if (header.version() != HnswHeader.VERSION) {
      // The other fields of an unknown version, or of garbage, say nothing.
      faults.add(new IndexFault.HeaderVersion(header.version()));
      return;
    }
    examineShape(header);
    examineSize(header);
    if (index.headerIsTrusted()) {
      examineFileSizes(header);
    }
  }

  private void examineShape(HnswHeader header) {
    expect("offsetLevel0", 0, header.offsetLevel0());
    if (IndexLayout.possible(1, header.m())) {
      long m = header.m();
      expect("maxM", m, header.maxM());
      expect("maxM0", 2 * m, header.maxM0());
      expect("offsetData", 4 + 8 * m, header.vectorOffset());
      examineMult(header);
    } else {
      inconsistent("M", "2 to " + IndexLayout.LARGEST_M, Long.toUnsignedString(header.m()));
    }
    expect("size_data_per_element", header.labelOffset() + 8, header.elementBytes());
    examineDimension(header);
    if (header.efConstruction() < header.m() || header.efConstruction() > LARGEST_EF_CONSTRUCTION) {
      inconsistent(
          "ef_construction",
          "at least M, " + header.m(),
          Long.toUnsignedString(header.efConstruction()));
    }
  }

  private void examineMult(HnswHeader header) {
    double mult = 1 / Math.log((double) header.m());
    if (!(Math.abs(header.mult() - mult) <= MULT_TOLERANCE * mult)) {
      inconsistent("mult", String.format(Locale.ROOT, "%.6f", mult), String.valueOf(header.mult()));
    }
  }

  private void examineDimension(HnswHeader header) {
    long bytes = header.labelOffset() - header.vectorOffset();
    if (bytes % 4 != 0 || !IndexLayout.possible(header.dimension(), 2)) {
      inconsistent(
          "label_offset",
          "offsetData plus four bytes per component",
          Long.toUnsignedString(header.labelOffset()));
    } else if (index.expected().isPresent()) {
      expect("the dimension", index.expected().get().dimension(), header.dimension());
    }
  }

  private void examineSize(HnswHeader header) {
    if (Long.compareUnsigned(header.elementCount(), header.maxElements()) > 0) {
      faults.add(new IndexFault.CountBeyondCapacity(header.elementCount(), header.maxElements()));
    }
    if (Long.compareUnsigned(header.maxElements(), HnswHeader.NO_ENTRY_POINT) > 0) {
      inconsistent(
          "max_elements",
          "at most " + HnswHeader.NO_ENTRY_POINT,
          Long.toUnsignedString(header.maxElements()));
    }
    if (header.elementCount() == 0) {
      if (header.maxLevel() != -1) {
        faults.add(new IndexFault.LevelWrong(header.maxLevel(), -1, -1));
      }
    } else if (header.entryPoint() >= header.elementCount() && header.elementCount() > 0) {
      faults.add(new IndexFault.EntryPointOutOfRange(header.entryPoint(), header.elementCount()));
    }
  }

  private void examineFileSizes(HnswHeader header) {
    requireBytes(IndexFile.LEVEL0, header, header.elementBytes());
    requireBytes(IndexFile.LENGTH, header, 4);
  }

  private void requireBytes(IndexFile file, HnswHeader header, long bytesEach) {
    long found = index.fileBytes(file);
    long needed = saturatedProduct(header.elementCount(), bytesEach);
    if (index.has(file) && found < needed) {
      faults.add(new IndexFault.FileTooShort(file, needed, found));
    }
  }

  private static long saturatedProduct(long count, long bytesEach) {
    return count < 0 || count > Long.MAX_VALUE / bytesEach ? Long.MAX_VALUE : count * bytesEach;
  }

  private void expect(String field, long expected, long found) {
    if (expected != found) {
      inconsistent(field, Long.toString(expected), Long.toUnsignedString(found));
    }
  }

  private void inconsistent(String field, String expected, String found) {
    faults.add(new IndexFault.HeaderInconsistent(field, expected, found));
  }
}
