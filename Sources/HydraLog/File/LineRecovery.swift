import CSimdjson
import EventPersistence

/// The whole events on a line that is not one event: a node never looks at the tail before it appends, so
/// its first event after a crash follows a torn fragment, or a whole event without its line feed, on the
/// same line.
///
/// It takes whole events from the line's beginning, then from its end, and searches the middle once
/// for events enclosed by several crashes in a row. The rest is torn.
struct LineRecovery {
  /// In log order; bare ones have no id yet.
  private(set) var events: [LineEvent] = []
  /// The stretches between them that are not blank.
  private(set) var torn: [Range<Int>] = []

  private let bytes: UnsafeRawBufferPointer
  private let acceptsBare: Bool
  private let scanner: EventScanner

  /// How many beginnings of events it tries in a line's middle: a bound for hostile lines.
  private static let attemptsMax = 64

  init(
    _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, acceptsBare: Bool, scanner: EventScanner
  ) {
    self.bytes = bytes
    self.acceptsBare = acceptsBare
    self.scanner = scanner
    var rest = line
    while let event = event(atStartOf: rest) {
      events.append(event)
      rest = event.range.upperBound..<rest.upperBound
    }
    var ending: [LineEvent] = []
    while let event = event(atEndOf: rest) {
      ending.append(event)
      rest = rest.lowerBound..<event.range.lowerBound
    }
    searchMiddle(of: rest)
    events += ending.reversed()
    dropLateBareEvents()
  }

  /// After an event with an id, what looks like a bare event is not one.
  private mutating func dropLateBareEvents() {
    guard let first = events.firstIndex(where: { !$0.isBare }) else { return }
    let late = events[first...].filter(\.isBare)
    guard !late.isEmpty else { return }
    events.removeAll { event in late.contains { $0.range == event.range } }
    torn = (torn + late.map(\.range)).sorted { $0.lowerBound < $1.lowerBound }
  }

  private mutating func searchMiddle(of middle: Range<Int>) {
    var rest = middle
    var searched = middle.lowerBound
    var attempts = 0
    while attempts < Self.attemptsMax, let start = marker(in: searched..<rest.upperBound) {
      attempts += 1
      searched = start + 1
      if let event = event(atStartOf: start..<rest.upperBound) {
        noteTorn(rest.lowerBound..<event.range.lowerBound)
        events.append(event)
        rest = event.range.upperBound..<rest.upperBound
        searched = rest.lowerBound
      }
    }
    noteTorn(rest)
  }

  private mutating func noteTorn(_ range: Range<Int>) {
    let isBlank = bytes[range].allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    if !isBlank { torn.append(range) }
  }

  /// The next offset of the text with which every event with an id begins.
  private func marker(in range: Range<Int>) -> Int? {
    let marker = Array("{\"eventId\":".utf8)
    guard range.count >= marker.count else { return nil }
    var at = range.lowerBound
    while at + marker.count <= range.upperBound {
      if bytes[at] == marker[0], bytes[at..<at + marker.count].elementsEqual(marker) { return at }
      at += 1
    }
    return nil
  }

  // MARK: - One event

  private func event(atStartOf range: Range<Int>) -> LineEvent? {
    guard !range.isEmpty, bytes[range.lowerBound] == Self.open,
      let end = closing(of: range)
    else { return nil }
    return event(range.lowerBound..<end)
  }

  private func event(atEndOf range: Range<Int>) -> LineEvent? {
    guard !range.isEmpty, bytes[range.upperBound - 1] == Self.close,
      let start = opening(of: range)
    else { return nil }
    let event = event(start..<range.upperBound)
    // An object within a torn fragment can look like a bare event.
    if let event, event.isBare, start > range.lowerBound {
      let before = bytes[range.lowerBound..<start]
      guard !before.contains(Self.open) || EventSummary.isKnown(event.position.tag),
        !before.suffix(Self.changeKey.count).elementsEqual(Self.changeKey)
      else { return nil }
    }
    return event
  }

  private func event(_ range: Range<Int>) -> LineEvent? {
    let line = scanner.read(bytes, range)
    switch Int(line.kind) {
    case HYDRA_LINE_EVENT:
      return LineEvent(range: range, position: scanner.position(of: line), isBare: false)
    case HYDRA_LINE_BARE where acceptsBare:
      return LineEvent(range: range, position: scanner.position(of: line), isBare: true)
    default:
      return nil
    }
  }

  private static let changeKey = Array("\"stateChanged\":".utf8)
  private static let open = UInt8(ascii: "{")
  private static let close = UInt8(ascii: "}")
  private static let quote = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")

  /// The offset after the brace that closes the object at the range's start.
  private func closing(of range: Range<Int>) -> Int? {
    var depth = 0
    var isInString = false
    var at = range.lowerBound
    while at < range.upperBound {
      let byte = bytes[at]
      if isInString {
        if byte == Self.backslash {
          at += 1
        } else if byte == Self.quote {
          isInString = false
        }
      } else if byte == Self.quote {
        isInString = true
      } else if byte == Self.open {
        depth += 1
      } else if byte == Self.close {
        depth -= 1
        if depth == 0 { return at + 1 }
      }
      at += 1
    }
    return nil
  }

  /// The offset of the brace that opens the object at the range's end. Read backwards, a quote ends or begins
  /// a string unless an odd number of backslashes precedes it.
  private func opening(of range: Range<Int>) -> Int? {
    var depth = 0
    var isInString = false
    var at = range.upperBound - 1
    while at >= range.lowerBound {
      let byte = bytes[at]
      if byte == Self.quote {
        var before = at
        while before > range.lowerBound, bytes[before - 1] == Self.backslash { before -= 1 }
        if (at - before) % 2 == 0 { isInString.toggle() }
        at = before
      } else if !isInString, byte == Self.close {
        depth += 1
      } else if !isInString, byte == Self.open {
        depth -= 1
        if depth == 0 { return at }
      }
      at -= 1
    }
    return nil
  }
}
