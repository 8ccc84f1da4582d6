import FileTree
import ImageCore
import SystemPackage

extension SignatureProgram {
  /// Makes a verdict of what the program said.
  ///
  /// - Parameters:
  ///   - answer: What it said.
  ///   - signature: Of what.
  ///   - hasKey: Whether the keyring has a key that may have made the signature.
  /// - Returns: The verdict.
  /// - Throws: `.io` where the program was killed.
  func verdict(
    _ answer: Answer, on signature: RPMSignature, hasKey: Bool
  ) throws(ImageError) -> SignatureVerdict {
    guard case .exited(let status) = answer.ending else {
      throw ImageError(.io, "\(path.string) was ended by a signal: \(answer.reason ?? "it said nothing")")
    }
    switch kind {
    case .gpgv: return Self.gpgv(answer, status, signature)
    case .sqv: return Self.sqv(answer, status, signature, hasKey: hasKey)
    }
  }

  /// GnuPG's lines for programs: GnuPG's doc/DETAILS.
  static func gpgv(_ answer: Answer, _ status: Int, _ signature: RPMSignature) -> SignatureVerdict {
    let lines = StatusLine.all(answer.output)
    let outcomes = lines.filter { StatusLine.outcomes.contains($0.word) }
    // One packet, one verdict: anything else is not what was asked.
    guard outcomes.count == 1, let line = outcomes.first else {
      return SignatureVerdict(signature, .unusable, reason: answer.reason)
    }
    let valid = lines.first { $0.word == "VALIDSIG" }
    let fingerprint = valid.flatMap { bytes(hex: $0.argument(0)) }
    func verdict(_ outcome: SignatureVerdict.Outcome) -> SignatureVerdict {
      SignatureVerdict(
        signature, outcome, fingerprint: fingerprint,
        primaryFingerprint: valid.flatMap { bytes(hex: $0.argument(9)) },
        userID: line.word == "ERRSIG" ? nil : printable(line.rest(after: 1)), reason: nil)
    }
    switch line.word {
    case "GOODSIG" where status == 0 && fingerprint?.isEmpty == false: return verdict(.good)
    case "BADSIG": return verdict(.bad)
    case "EXPKEYSIG": return verdict(.keyExpired)
    case "REVKEYSIG": return verdict(.keyRevoked)
    case "EXPSIG": return verdict(.signatureExpired)
    case "ERRSIG" where lines.contains { $0.word == "NO_PUBKEY" }: return verdict(.keyMissing)
    default: return SignatureVerdict(signature, .unusable, reason: answer.reason)
    }
  }

  /// sqv names the keys of good signatures, one a line; of others it says nothing that a program could read.
  static func sqv(
    _ answer: Answer, _ status: Int, _ signature: RPMSignature, hasKey: Bool
  ) -> SignatureVerdict {
    guard status == 0 else {
      return SignatureVerdict(signature, hasKey ? .bad : .keyMissing, reason: answer.reason)
    }
    let words = answer.output.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D })
    guard words.count == 1, let fingerprint = bytes(hex: words[0]), !fingerprint.isEmpty else {
      return SignatureVerdict(signature, .unusable, reason: answer.reason)
    }
    return SignatureVerdict(signature, .good, fingerprint: fingerprint)
  }
}

extension SignatureProgram.Answer {
  /// The last line of what it said to people.
  fileprivate var reason: String? {
    let lines = errors.split(separator: 0x0A).filter { line in line.contains { $0 != 0x20 } }
    return lines.last.map { printable($0.drop { $0 == 0x20 }.prefix(300)) }
  }
}

/// A line such as `[GNUPG:] GOODSIG 9A664DB88953B06B Jane Doe`.
private struct StatusLine {
  let word: String
  private let line: ArraySlice<UInt8>

  /// Those that say how a signature came out.
  static let outcomes: Set<String> = ["GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "BADSIG", "ERRSIG"]

  static func all(_ output: [UInt8]) -> [StatusLine] {
    let prefix = Array("[GNUPG:] ".utf8)
    return output.split(separator: 0x0A).filter { $0.starts(with: prefix) }.map { line in
      let line = line.dropFirst(prefix.count)
      return StatusLine(word: String(decoding: line.prefix { $0 != 0x20 }, as: UTF8.self), line: line)
    }
  }

  /// What is behind the word and `count` arguments.
  func rest(after count: Int) -> ArraySlice<UInt8> {
    var rest = line
    for _ in 0...count { rest = rest.drop { $0 != 0x20 }.dropFirst() }
    return rest
  }

  func argument(_ index: Int) -> ArraySlice<UInt8> { rest(after: index).prefix { $0 != 0x20 } }
}

extension ScratchFile {
  /// What a program wrote into it, from the beginning.
  func bytes(upTo limit: Int) throws(ImageError) -> [UInt8] {
    do throws(Errno) {
      var buffer = [UInt8](repeating: 0, count: limit)
      let count = try POSIX.read(descriptor, at: 0, into: &buffer, 0..<limit)
      return Array(buffer[..<count])
    } catch {
      throw .io(error, "read a temporary file")
    }
  }
}
