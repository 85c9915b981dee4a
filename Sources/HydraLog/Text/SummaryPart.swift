import EventPersistence

/// One fact of an event: where it is (the first existing one of several releases' paths) and how to
/// show it.
enum SummaryPart: Sendable {
  /// A number or a text after a word.
  case value(String, [String])
  /// The beginning of a hash.
  case hash(String, [String])
  /// How many there are of a noun.
  case count([String], String)
  /// A time to the minute.
  case time(String, [String])
  /// `hostname:port`.
  case host

  static let root = "/stateChanged"

  static let head = Self.hash("head", ["headId"])
  static let party = Self.hash("party", ["party/vkey"])
  static let transaction = Self.hash(
    "tx", ["tx/txId", "tx/id", "transaction/txId", "transaction/id"])
  static let deposit = Self.hash("deposit", ["depositTxId", "pendingDeposit", "recoveredTxId"])
  static let decommit = Self.hash("tx", ["decommitTxId", "decommitTx/txId", "decommitTx/id"])
  static let snapshot = Self.value(
    "snapshot", ["snapshotNumber", "requestedSnapshot/number", "snapshot/number"])
  static let version = Self.value("version", ["newVersion"])
  static let parties = Self.count(["parties", "parameters/parties"], "party")
  static let period = Self.value(
    "contestation", ["parameters/contestationPeriod", "contestationPeriod"])
  static let contestation = Self.time("contestation until", ["contestationDeadline"])
  static let deadline = Self.time("deadline", ["deadline", "deposit/deadline"])
  static let remaining = Self.count(["remainingOutputs"], "remaining")

  /// Its text for `document`; nil if it is missing.
  func text(_ document: JSONDocument) -> String? {
    switch self {
    case .value(let label, let paths):
      guard let text = Self.first(paths, in: document).flatMap(Self.scalar) else { return nil }
      return label.isEmpty ? text : "\(label) \(text)"
    case .hash(let label, let paths):
      guard case .string(let hash) = Self.first(paths, in: document) else { return nil }
      return "\(label) \(Self.beginning(of: hash))"
    case .count(let paths, let noun):
      return Self.count(paths, in: document).map {
        "\(Self.grouped(UInt64($0))) \(Self.form(noun, $0))"
      }
    case .time(let label, let paths):
      guard case .string(let text) = Self.first(paths, in: document) else { return nil }
      return "\(label) \(Self.minutes(of: text))"
    case .host:
      guard case .string(let name) = document.value("\(Self.root)/peer/hostname") else {
        return Self.first(["peer"], in: document).flatMap(Self.scalar)
      }
      guard case .unsigned(let port) = document.value("\(Self.root)/peer/port") else { return name }
      return "\(name):\(port)"
    }
  }

  /// A text (of bounded length), a number or a boolean as text; nil for anything else.
  static func scalar(_ value: JSONDocument.Value) -> String? {
    switch value {
    case .unsigned(let number): grouped(number)
    case .signed(let number): String(number)
    case .double(let number): String(number)
    case .bool(let truth): String(truth)
    case .string(let text): text.isEmpty ? nil : isHash(text) ? beginning(of: text) : cut(text)
    case .null, .array, .object: nil
    }
  }

  private static func first(_ paths: [String], in document: JSONDocument) -> JSONDocument.Value? {
    for path in paths {
      if let value = document.value("\(root)/\(path)"), value != .null { return value }
    }
    return nil
  }

  private static func count(_ paths: [String], in document: JSONDocument) -> Int? {
    for path in paths {
      switch document.value("\(root)/\(path)") {
      case .array(let count): return count
      case .object(let count):
        // A ledger value from a CBOR log: the number of its outputs is unknown.
        return document.value("\(root)/\(path)/cborHex") == nil ? count : nil
      default: continue
      }
    }
    return nil
  }

  // MARK: - Forms

  private static func cut(_ text: String) -> String {
    text.count > 80 ? text.prefix(79) + "…" : text
  }

  private static func isHash(_ text: String) -> Bool {
    text.utf8.count >= 32 && text.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
  }

  private static func beginning(of hash: String) -> String {
    hash.count > 9 ? hash.prefix(8) + "…" : hash
  }

  /// `8 113`: thousands apart.
  private static func grouped(_ number: UInt64) -> String {
    var digits = Array(String(number))
    var index = digits.count - 3
    while index > 0 {
      digits.insert(" ", at: index)
      index -= 3
    }
    return String(digits)
  }

  /// The noun in the form that fits: `1 output`, `2 outputs`, `3 parties`, `4 tx`.
  private static func form(_ noun: String, _ count: Int) -> String {
    switch noun {
    case "party": count == 1 ? noun : "parties"
    case "tx", "remaining": noun
    default: count == 1 ? noun : noun + "s"
    }
  }

  private static func minutes(of text: String) -> String {
    guard EventTime(text) != nil else { return cut(text) }
    return text.prefix(10) + " " + text.dropFirst(11).prefix(5) + "Z"
  }
}
