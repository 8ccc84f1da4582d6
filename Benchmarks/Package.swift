// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A package of its own: those who only use the library need not resolve what is here.
let package = Package(
  name: "Benchmarks",
  dependencies: [
    .package(name: "SysextImage", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    // Its default traits replace malloc and the reference counting, and so change what is measured.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    // The plugin looks for its targets in a folder of this name.
    .executableTarget(
      name: "Packing",
      dependencies: [
        .product(name: "SysextImage", package: "SysextImage"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Benchmarks/Packing",
      swiftSettings: strict,
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    .executableTarget(
      name: "compare",
      dependencies: [
        .product(name: "SysextImage", package: "SysextImage"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
  ]
)
