// swift-tools-version: 6.3
import PackageDescription

/// One set of settings for the tests' support, which is all system calls.
let checked: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableExperimentalFeature("Lifetimes"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// And for everything else, where unsafe code is marked: what the compiler can hold, it holds.
let strict: [SwiftSetting] = checked + [.strictMemorySafety()]

/// The tests themselves are not optimized even when what they test is: this compiler fails on some of their coroutines.
let tests: [SwiftSetting] = strict + [.unsafeFlags(["-Onone"])]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "SysextImage",
  products: [
    .library(name: "SysextImage", targets: ["SysextImage"]),
    .library(name: "EROFS", targets: ["EROFS"]),
    .library(name: "GPT", targets: ["GPT"]),
    .library(name: "RPM", targets: ["RPM"]),
    .library(name: "Verity", targets: ["Verity"]),
    .library(name: "SysextPackages", targets: ["SysextPackages"]),
    .library(name: "SysextStore", targets: ["SysextStore"]),
    .executable(name: "sysext-pack", targets: ["sysext-pack"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    // Arrows only point down: each target lists what it may import, and nothing above it.
    // Without pkg-config: not every release of it has a file for that.
    .systemLibrary(
      name: "CBZip2",
      providers: [.apt(["libbz2-dev"]), .yum(["bzip2-devel"]), .brew(["bzip2"])]),
    // Headers only: it is loaded at run time, by who reads a URL.
    .systemLibrary(
      name: "CCurl",
      providers: [.apt(["libcurl4-openssl-dev"]), .yum(["libcurl-devel"]), .brew(["curl"])]),
    // Headers only, too: for who reads a repository's list of packages.
    .systemLibrary(
      name: "CExpat",
      providers: [.apt(["libexpat1-dev"]), .yum(["expat-devel"]), .brew(["expat"])]),
    .systemLibrary(
      name: "CLZ4", pkgConfig: "liblz4",
      providers: [.apt(["liblz4-dev"]), .yum(["lz4-devel"]), .brew(["lz4"])]),
    .systemLibrary(
      name: "CLZMA", pkgConfig: "liblzma",
      providers: [.apt(["liblzma-dev"]), .yum(["xz-devel"]), .brew(["xz"])]),
    .systemLibrary(
      name: "CDeflate", pkgConfig: "libdeflate",
      providers: [.apt(["libdeflate-dev"]), .yum(["libdeflate-devel"]), .brew(["libdeflate"])]),
    // Headers only, too: for who reads an RPM database.
    .systemLibrary(
      name: "CSQLite",
      providers: [.apt(["libsqlite3-dev"]), .yum(["sqlite-devel"]), .brew(["sqlite"])]),
    .systemLibrary(
      name: "CXXHash", pkgConfig: "libxxhash",
      providers: [.apt(["libxxhash-dev"]), .yum(["xxhash-devel"]), .brew(["xxhash"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .yum(["zlib-devel"]), .brew(["zlib"])]),
    .systemLibrary(
      name: "CZstd", pkgConfig: "libzstd",
      providers: [.apt(["libzstd-dev"]), .yum(["libzstd-devel"]), .brew(["zstd"])]),
    .systemLibrary(name: "CLinux"),
    .target(name: "ImageCore", dependencies: ["CLinux", "CXXHash", system], swiftSettings: strict),
    .target(name: "FileTree", dependencies: ["ImageCore", system], swiftSettings: strict),
    .target(
      name: "Compression", dependencies: ["CBZip2", "CDeflate", "CLZ4", "CLZMA", "CZlib", "CZstd", "ImageCore"],
      swiftSettings: strict),
    .target(
      name: "EROFS", dependencies: ["Compression", "FileTree", "ImageCore", system],
      swiftSettings: strict),
    .target(name: "GPT", dependencies: ["ImageCore"], swiftSettings: strict),
    .target(
      name: "Verity", dependencies: ["ImageCore", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: strict),
    .target(name: "Archives", dependencies: ["FileTree", "ImageCore"], swiftSettings: strict),
    .target(
      name: "RPM",
      dependencies: [
        "Archives", "CSQLite", "Compression", "FileTree", "ImageCore", system,
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .target(
      name: "SysextImage",
      dependencies: [
        "Archives", "Compression", "EROFS", "FileTree", "GPT", "ImageCore", "Verity", system,
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .target(
      name: "SysextPackages",
      dependencies: [
        "CExpat", "Compression", "FileTree", "ImageCore", "RPM", "SysextImage", system,
      ],
      swiftSettings: strict),
    .target(name: "SysextStore", dependencies: ["CCurl", "ImageCore", "SysextImage"], swiftSettings: strict),
    .executableTarget(
      name: "sysext-pack",
      dependencies: [
        "RPM", "SysextImage", "SysextPackages", "SysextStore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["CLinux", system], path: "Tests/TestSupport",
      swiftSettings: checked),
    .target(
      name: "TestPackages", dependencies: ["ImageCore", "RPM"], path: "Tests/TestPackages", swiftSettings: checked),
    .testTarget(name: "ImageCoreTests", dependencies: ["ImageCore", "TestSupport", system], swiftSettings: tests),
    .testTarget(
      name: "CompressionTests",
      dependencies: ["CDeflate", "CLZ4", "CZstd", "Compression", "ImageCore", "TestSupport", system],
      swiftSettings: tests),
    .testTarget(
      name: "FileTreeTests", dependencies: ["FileTree", "ImageCore", "TestSupport", system], swiftSettings: tests),
    .testTarget(
      name: "ArchivesTests", dependencies: ["Archives", "FileTree", "ImageCore", "TestSupport", system],
      swiftSettings: tests),
    .testTarget(
      name: "EROFSTests", dependencies: ["Compression", "EROFS", "FileTree", "ImageCore", "TestSupport", system],
      swiftSettings: tests),
    .testTarget(
      name: "RPMTests", dependencies: ["Compression", "ImageCore", "RPM", "TestPackages", "TestSupport", system],
      swiftSettings: tests),
    .testTarget(
      name: "VerityTests", dependencies: ["ImageCore", "TestSupport", "Verity", system], swiftSettings: tests),
    .testTarget(name: "GPTTests", dependencies: ["GPT", "ImageCore", "TestSupport", system], swiftSettings: tests),
    .testTarget(
      name: "SysextImageTests",
      dependencies: ["GPT", "ImageCore", "SysextImage", "SysextStore", "TestSupport", system],
      swiftSettings: tests),
    .testTarget(
      name: "SysextPackagesTests",
      dependencies: [
        "CSQLite", "Compression", "FileTree", "ImageCore", "RPM", "SysextImage", "SysextPackages", "TestPackages",
        "TestSupport", system,
      ],
      swiftSettings: tests),
    .testTarget(
      name: "SysextStoreTests", dependencies: ["SysextImage", "SysextStore", "TestSupport", "sysext-pack", system],
      swiftSettings: tests),
    .testTarget(
      name: "CommandLineTests",
      dependencies: ["ImageCore", "RPM", "SysextImage", "TestPackages", "TestSupport", "sysext-pack", system],
      swiftSettings: tests),
    .testTarget(
      name: "ConsumerTests",
      dependencies: ["CDeflate", "CLZ4", "CLZMA", "CZstd", "SysextImage", "TestSupport", system],
      swiftSettings: tests),
  ]
)
