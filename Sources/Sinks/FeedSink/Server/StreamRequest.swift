internal import CardanoLedger
internal import EventPersistence

/// What a consumer asks for in its request line: `/?history=yes&from=SEQ&name=NAME`.
///
/// The parameters of a hydra-node mean what they mean to it: another value of one is its default, and
/// other parameters are ignored. An address that none can have is refused instead: it would hide each
/// transaction, and nobody would see why.
struct StreamRequest: Sendable, Hashable {
  /// Whether to begin with the history; else only new events.
  var wantsHistory = false
  /// The id to begin at, whatever `history` says.
  var from: UInt64?
  /// The time to begin at, whatever `history` says.
  var since: EventTime?
  var choice = OutputChoice()
  /// Whether it only observes: no checkpoint waits for it or moves by it.
  var isObserver = false
  var name: String?

  var asksForPast: Bool { wantsHistory || from != nil || since != nil }

  /// A name is part of a line that people read.
  static let nameBytesMax = 64

  struct Mistake: Error, Equatable {
    var sentence: String
    init(_ sentence: String) { self.sentence = sentence }
  }

  /// - Throws: a sentence for the author of the address.
  init(uri: String) throws(Mistake) {
    let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.first == "/" || parts.first == "" else {
      throw Mistake("the feed is at /, as in ws://HOST:PORT/?history=yes")
    }
    guard parts.count == 2 else { return }
    for pair in parts[1].split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = sides.count == 2 ? String(sides[1]) : ""
      switch sides[0] {
      case "history": wantsHistory = wantsHistory || value == "yes"
      case "snapshot-utxo": choice.omitsUTxO = choice.omitsUTxO || value == "no"
      case "address" where choice.address == nil && !value.isEmpty:
        choice.address = try Self.address(value)
      case "encoding" where value == "cbor":
        throw Mistake(
          "encoding=cbor: this feed sends JSON, as text; leave the parameter out, or ask the node")
      case "observe": isObserver = isObserver || value == "yes"
      case "since": since = try Self.time(value)
      case "from":
        guard let id = Position.id(value) else {
          throw Mistake("from: expected the seq to begin at, like from=1284331")
        }
        from = id
      case "name": name = try Self.name(value)
      default: break
      }
    }
    guard from == nil || since == nil else {
      throw Mistake("from and since: expected one of them")
    }
  }

  private static func address(_ text: String) throws(Mistake) -> PaymentAddress {
    do throws(PaymentAddress.Mistake) {
      return try PaymentAddress(Percent.decode(text) ?? text)
    } catch {
      throw Mistake("address: \(error.sentence)")
    }
  }

  /// A time as events have it, or a day.
  private static func time(_ text: String) throws(Mistake) -> EventTime {
    let text = Percent.decode(text) ?? text
    guard let time = EventTime(text) ?? EventTime("\(text)T00:00:00Z") else {
      throw Mistake(
        "since: expected a UTC time to begin at, like since=2026-07-15T10:00:00Z or since=2026-07-15"
      )
    }
    return time
  }

  private static func name(_ text: String) throws(Mistake) -> String? {
    guard let decoded = Percent.decode(text), decoded.utf8.count <= nameBytesMax,
      decoded.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
    else {
      throw Mistake(
        "name: expected at most \(nameBytesMax) bytes of text without control characters")
    }
    return decoded.isEmpty ? nil : decoded
  }
}

/// The escapes of an address (RFC 3986, section 2.1), with a plus for a space.
enum Percent {
  /// Nil if a % is not followed by two hex digits, or the bytes are not UTF-8.
  static func decode(_ text: String) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard rest.count >= 2,
          let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        else { return nil }
        rest = rest.dropFirst(2)
        bytes.append(value)
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
