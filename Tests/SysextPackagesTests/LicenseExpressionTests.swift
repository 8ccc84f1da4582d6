import RPM
import TestPackages
import Testing

@testable import SysextPackages

/// Licences and package URLs.
@Suite struct LicenseExpressionTests {
  @Test(arguments: [
    "MIT", "mit", "GPL-2.0-or-later", "GPL-2.0+", "Apache-2.0+", "MIT AND Zlib", "MIT OR (Zlib AND BSD-3-Clause)",
    "(MIT)", "((MIT))", "GPL-3.0-only WITH GCC-exception-3.1", "LicenseRef-Fedora-Public-Domain",
    "DocumentRef-x:LicenseRef-y AND MIT", "GPL-2.0-only WITH AdditionRef-z", " MIT  AND\u{20}Zlib ", "(MIT)AND(Zlib)",
  ]) func valid(_ text: String) { #expect(LicenseExpression(text) != nil) }

  @Test(arguments: [
    "", " ", "GPLv2+", "MIT and Zlib", "MIT, Zlib", "MIT AND", "AND", "OR MIT", "(MIT", "MIT)", "()", "MIT Zlib",
    "MIT WITH", "MIT WITH MIT", "WITH GCC-exception-3.1", "GCC-exception-3.1", "LicenseRef-", "LicenseRef-a:b",
    "DocumentRef-:LicenseRef-a", "DocumentRef-a:MIT", "MIT+ +", "MIT++", "SUSE-Firmware", "M\u{130}T",
    "MI\u{54}\u{301}",
    "BSD-3-Clause-No-Nuclear-\u{212A}", "MIT\nAND Zlib", "MIT\u{0}", String(repeating: "(", count: 5000),
    String(repeating: "(", count: 100) + "MIT" + String(repeating: ")", count: 100),
    String(repeating: "MIT AND ", count: 600) + "MIT",
  ]) func invalid(_ text: String) { #expect(LicenseExpression(text) == nil) }

  @Test func identifiers() {
    #expect(LicenseExpression("mit")?.identifier == "MIT")
    #expect(LicenseExpression("MIT AND MIT")?.identifier == nil)
    #expect(LicenseExpression("LicenseRef-a")?.identifier == nil)
  }

  @Test(arguments: [
    (nil, "pkg:rpm/a@1-2?arch=x86_64"), ("openSUSE", "pkg:rpm/opensuse/a@1-2?arch=x86_64"),
    ("SUSE LLC <https://www.suse.com/>", "pkg:rpm/suse/a@1-2?arch=x86_64"),
    ("Fedora Project", "pkg:rpm/fedora/a@1-2?arch=x86_64"), ("Red Hat, Inc.", "pkg:rpm/redhat/a@1-2?arch=x86_64"),
    ("obs://build.opensuse.org/home:me", "pkg:rpm/obs-build.opensuse.org-home-me/a@1-2?arch=x86_64"),
    ("..", "pkg:rpm/a@1-2?arch=x86_64"), ("\u{FFFD}\u{1}", "pkg:rpm/a@1-2?arch=x86_64"),
    ("../%2F?x#y", "pkg:rpm/..-2f-x-y/a@1-2?arch=x86_64"),
  ]) func url(_ vendor: String?, _ url: String) throws {
    #expect(PackageURL(try BuiltImage.package("a").identity, vendor: vendor).text == url)
  }

  @Test func escapes() throws {
    let package = try BuiltImage.package("lib++?#@%") { $0.version = "1:2" }
    #expect(
      PackageURL(package.identity, vendor: nil).text == "pkg:rpm/lib%2B%2B%3F%23%40%25@1%3A2-2?arch=x86_64")
  }
}
