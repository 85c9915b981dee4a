import CSodium
import Foundation

/// An operator with an account, whose users a server knows by signed tokens: what `nsc` makes.
///
/// The forms are those of NATS: a key in base 32, with its kind in front and a CRC behind; a token of
/// three parts in base 64, the last of them the Ed25519 signature of the first two.
struct NATSIssuer {
  private struct Key {
    enum Kind: UInt8 {
      case issuer = 112
      case account = 0
      case user = 160
    }

    let kind: Kind
    let seed: [UInt8]
    let publicKey: [UInt8]
    private let secretKey: [UInt8]

    init(_ kind: Kind) {
      self.kind = kind
      var seed = [UInt8](repeating: 0, count: 32)
      randombytes_buf(&seed, seed.count)
      var publicKey = [UInt8](repeating: 0, count: 32)
      var secretKey = [UInt8](repeating: 0, count: 64)
      crypto_sign_seed_keypair(&publicKey, &secretKey, seed)
      (self.seed, self.publicKey, self.secretKey) = (seed, publicKey, secretKey)
    }

    var name: String { NATSIssuer.base32(NATSIssuer.checked([kind.rawValue] + publicKey)) }

    var secret: String {
      let prefix: [UInt8] = [144 | kind.rawValue >> 5, (kind.rawValue & 31) << 3]
      return NATSIssuer.base32(NATSIssuer.checked(prefix + seed))
    }

    func sign(_ text: String) -> [UInt8] {
      var signature = [UInt8](repeating: 0, count: 64)
      let bytes = Array(text.utf8)
      crypto_sign_detached(&signature, nil, bytes, UInt64(bytes.count), secretKey)
      return signature
    }
  }

  private let operatorKey: Key
  private let system: Key
  private let account: Key

  init() {
    _ = sodium_init()
    operatorKey = Key(.issuer)
    system = Key(.account)
    account = Key(.account)
  }

  /// What the server's configuration says of them.
  var configuration: String {
    """
    operator: \(token(operatorKey, by: operatorKey, #""type":"operator""#))
    system_account: \(system.name)
    resolver: MEMORY
    resolver_preload: {
      \(system.name): \(token(system, by: operatorKey, Self.accountClaims(storage: 0)))
      \(account.name): \(token(account, by: operatorKey, Self.accountClaims(storage: -1)))
    }
    """
  }

  /// The `.creds` file of a new user of the account.
  func credentials() -> String {
    let user = Key(.user)
    let claims = #""pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1,"type":"user""#
    return """
      -----BEGIN NATS USER JWT-----
      \(token(user, by: account, claims))
      ------END NATS USER JWT------

      -----BEGIN USER NKEY SEED-----
      \(user.secret)
      ------END USER NKEY SEED------

      """
  }

  private static func accountClaims(storage: Int) -> String {
    let limits = ["subs", "data", "payload", "imports", "exports", "conn", "leaf"]
      .map { "\"\($0)\":-1" }.joined(separator: ",")
    let stored =
      storage == 0 ? "" : #","mem_storage":-1,"disk_storage":-1,"streams":-1,"consumer":-1"#
    return #""limits":{\#(limits),"wildcards":true\#(stored)},"type":"account""#
  }

  private func token(_ subject: Key, by issuer: Key, _ claims: String) -> String {
    let header = #"{"typ":"JWT","alg":"ed25519-nkey"}"#
    let body =
      #"{"jti":"\#(UUID().uuidString)","iat":\#(Int(Date.now.timeIntervalSince1970)),"#
      + #""iss":"\#(issuer.name)","name":"test","sub":"\#(subject.name)","#
      + #""nats":{\#(claims),"version":2}}"#
    let text = "\(Self.base64(Array(header.utf8))).\(Self.base64(Array(body.utf8)))"
    return "\(text).\(Self.base64(issuer.sign(text)))"
  }

  // MARK: - Forms

  private static func base64(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }

  private static func base32(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    var text = ""
    var (value, bits) = (0, 0)
    for byte in bytes {
      value = value << 8 | Int(byte)
      bits += 8
      while bits >= 5 {
        bits -= 5
        text.append(digits[value >> bits & 31])
      }
      value &= (1 << bits) - 1
    }
    if bits > 0 { text.append(digits[value << (5 - bits) & 31]) }
    return text
  }

  /// With a CRC-16 (XMODEM) behind it, its low byte first.
  private static func checked(_ bytes: [UInt8]) -> [UInt8] {
    var crc: UInt16 = 0
    for byte in bytes {
      crc ^= UInt16(byte) << 8
      for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
    }
    return bytes + [UInt8(crc & 0xFF), UInt8(crc >> 8)]
  }
}
