public import EROFS
import GPT
public import ImageCore

/// Examines a whole image: partition table, file system, and the rules for extensions.
///
/// ```swift
/// let report = try await ImageVerifier(ByteStore(contentsOf: "debug.raw"), fileName: "debug.raw").verify()
/// for finding in report.findings.kept { print(finding) }
/// ```
public struct ImageVerifier: Sendable {
  private let store: ByteStore
  private let fileName: String?
  private let devices: [ByteStore]

  /// An image whose bytes are anywhere; `fileName` is what the rules for names look at.
  public init(_ store: ByteStore, fileName: String? = nil, devices: [ByteStore] = []) {
    self.store = store
    self.fileName = fileName
    self.devices = devices
  }

  /// Looks at everything, and decompresses it unless told to be quick.
  ///
  /// - Parameters:
  ///   - quick: Whether to look at metadata alone.
  ///   - threadCount: How many threads work; the report does not depend on it.
  /// - Returns: All that was found.
  /// - Throws: `.io` and the like when the image cannot be read; `.cancelled`; `.invalidArgument` for more devices than
  ///   it has. Faults of the image are findings.
  public func verify(quick: Bool = false, threadCount: Int? = nil) async throws(ImageError) -> VerifyReport {
    var findings = FindingList()
    let image: DiskImage
    do throws(ImageError) { image = try DiskImage(examining: store, fileName: fileName, devices: devices) } catch {
      // More devices than it has are no fault of an image.
      guard error.isFaultOfImage, error.code != .invalidArgument else { throw error }
      if let table = try? GPTReading(store) { findings.append(contentsOf: table.findings) }
      findings.append(Finding(.error, "unreadable", error.descriptionInFile))
      return VerifyReport(byteCount: store.byteCount, isQuick: quick, findings: findings, counts: nil)
    }
    findings.append(contentsOf: image.findings)
    findings.append(contentsOf: try extensionFindings(image, quick))
    findings.append(
      contentsOf: try await VerityFindings(image: image).findings(
        isQuick: quick, threadCount: threadCount ?? POSIX.processorCount))
    let check = try await image.fileSystem.check(readsData: !quick, threadCount: threadCount)
    findings.append(contentsOf: check.findings)
    return VerifyReport(byteCount: store.byteCount, isQuick: quick, findings: findings, counts: check.counts)
  }

  /// What systemd would refuse or pass over; a damaged file system is the check's to describe.
  private func extensionFindings(_ image: DiskImage, _ isQuick: Bool) throws(ImageError) -> [Finding] {
    var findings: [Finding] = []
    do throws(ImageError) {
      let inspector = try SysextInspector(image)
      findings += inspector.findings.dropFirst(image.findings.count)
      findings += try ExtensionRules(inspector).findings()
    } catch {
      guard error.isFaultOfImage else { throw error }
      let isMissing = error.code == .deviceMissing
      // The check has an error for each device that it misses; a quick one misses none.
      if !isMissing || isQuick {
        findings.append(
          Finding(.error, isMissing ? "erofs-device-missing" : "extension-unreadable", error.descriptionInFile))
      }
    }
    return findings
  }
}

/// What an examination of an image has shown.
public struct VerifyReport: Sendable {
  /// The image's length.
  public let byteCount: UInt64
  /// Whether only metadata was looked at.
  public let isQuick: Bool
  /// What is wrong or worth knowing: the partition table, the extension, the file system.
  public let findings: FindingList
  /// What the file system holds; `nil` when it could not be opened.
  public let counts: ErofsCheckCounts?

  /// Whether nothing is wrong: there may be warnings.
  public var isSound: Bool { findings.count(.error) == 0 }
}
