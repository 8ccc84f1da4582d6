import EROFS
import Testing

@Suite struct KernelVersionTests {
  @Test func reads() {
    #expect(KernelVersion("6.12") == KernelVersion(6, 12))
    #expect(KernelVersion("6.4.0-150600.23-default") == KernelVersion(6, 4))
    #expect(KernelVersion("5.10.0+") == KernelVersion(5, 10))
    for text in ["", "6", "6.", ".1", "a.b", "6.1.", "-6.1", "6.1 ", "6.99999999999999999999", "٦.١"] {
      #expect(KernelVersion(text) == nil, "\(text)")
    }
    #expect(KernelVersion(6, 12).description == "6.12")
  }

  @Test func isOrderedByNumbers() {
    #expect(KernelVersion(5, 4) < KernelVersion(5, 13) && KernelVersion(5, 19) < KernelVersion(6, 1))
    #expect(KernelFeature.all.map(\.kernel) == KernelFeature.all.map(\.kernel).sorted())
    #expect(Set(KernelFeature.all.map(\.name)).count == KernelFeature.all.count)
  }
}
