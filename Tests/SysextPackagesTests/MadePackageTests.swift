import ImageCore
import RPM
import TestPackages
import Testing

/// What other tests are made of.
@Suite struct MadePackageTests {
  @Test func isAPackage() throws {
    let made = MadePackage(
      "made",
      [
        .directory("/usr/share/made"), MadePackage.File("/usr/share/made/text", "hello"),
        .symlink("/usr/share/made/link", to: "text"),
      ])
    let package = try RPMPackage(ByteStore(made.bytes), fileName: made.fileName)
    var collector = Collector()
    try package.unpack(&collector)
    #expect(package.identity.description == "made-1-2.x86_64")
    #expect(collector.contents == ["/usr/share/made/text": Array("hello".utf8)])
  }
}
