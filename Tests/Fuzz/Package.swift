// swift-tools-version: 6.3
import PackageDescription

/// A package of its own: it can only be linked with libFuzzer (Tests/fuzz.sh).
let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "SysextImage", path: "../..")],
  targets: [
    .systemLibrary(name: "CLibFuzzer"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "CLibFuzzer", .product(name: "SysextImage", package: "SysextImage"),
        .product(name: "RPM", package: "SysextImage"),
        .product(name: "SysextPackages", package: "SysextImage"),
      ],
      swiftSettings: [
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ]),
  ]
)
