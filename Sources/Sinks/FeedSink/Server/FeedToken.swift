internal import CSodium
package import EventPersistence
internal import Foundation
internal import NIOHTTP1

/// The secret that a consumer of a feed must show, in a file of its own.
///
/// The file is read for each connection, so that a new token holds at once; streams that have begun
/// go on. Nothing prints it.
package struct FeedToken: Sendable, Hashable {
  package var path: String

  package init(path: String) { self.path = path }

  /// Characters of a token: enough that nobody guesses it, few enough for a request's line.
  static let lengths = 16...512
  private static let fileBytesMax = 4096

  package static let expectation =
    "a file with one token: \(lengths.lowerBound) to \(lengths.upperBound) visible ASCII characters"

  /// The token, without white space around it.
  ///
  /// - Throws: a sentence without the token.
  package func read() throws(SinkError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw unreadable(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: Self.fileBytesMax + 1)
    let count = Foundation.read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw unreadable(String(cString: strerror(errno))) }
    guard count <= Self.fileBytesMax else {
      throw unreadable("it has more than \(Self.fileBytesMax) bytes")
    }
    let spaces: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
    let token = bytes[..<count].drop { spaces.contains($0) }
      .reversed().drop { spaces.contains($0) }.reversed()
    guard Self.lengths.contains(token.count), token.allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw unreadable("expected \(Self.expectation), found something else") }
    return Array(token)
  }

  /// Whether other users of this machine may read the file.
  package var isOpenToAll: Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & 0o004 != 0
  }

  private func unreadable(_ reason: String) -> SinkError {
    SinkError(
      .stop, code: "token-file",
      "token-file \(path): \(reason). To make one: (umask 077; openssl rand -hex 32 > \(path))")
  }

  // MARK: - What a consumer shows

  enum Verdict: Equatable {
    case accepted
    case absent
    case wrong
    /// The file cannot be read.
    case unknown
  }

  /// Whether a request shows the token, as `Authorization: Bearer TOKEN` or as `?token=TOKEN`.
  func judge(_ head: HTTPRequestHead) -> Verdict {
    guard let token = try? read() else { return .unknown }
    let offers = Self.offers(of: head)
    guard !offers.isEmpty else { return .absent }
    return offers.contains { Self.isSame($0, token) } ? .accepted : .wrong
  }

  private static func offers(of head: HTTPRequestHead) -> [[UInt8]] {
    var offers: [[UInt8]] = []
    for value in head.headers["authorization"] {
      let words = value.split(separator: " ", omittingEmptySubsequences: true)
      if words.count == 2, words[0].lowercased() == "bearer" { offers.append(Array(words[1].utf8)) }
    }
    let query = head.uri.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
    for pair in query.split(separator: "&") where pair.hasPrefix("token=") {
      let value = String(pair.dropFirst("token=".count))
      if let decoded = Percent.decode(value) { offers.append(Array(decoded.utf8)) }
    }
    return offers
  }

  /// Compares in a time that depends on neither: their digests have one length.
  private static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    func digest(_ bytes: [UInt8]) -> [UInt8] {
      var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
      crypto_hash_sha256(&digest, bytes, UInt64(bytes.count))
      return digest
    }
    return sodium_memcmp(digest(left), digest(right), Int(crypto_hash_sha256_BYTES)) == 0
  }
}
