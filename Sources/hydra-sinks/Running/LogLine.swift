import EventPersistence
import Foundation
import Logging
import Wording

/// How lines of a log are written.
enum LogLineFormat: String, CaseIterable, Sendable {
  /// For people: `15:04:05 warning archive: stalled: …`.
  case text
  /// `time=… level=warning secondary=archive state=stalled msg="…"`: <https://brandur.org/logfmt>
  case logfmt
  /// An object a line.
  case json
}

/// One line of a log.
struct LogLine: Sendable {
  /// Nil where whoever receives it has the time.
  var time: EventTime?
  var level: Logger.Level
  var node: String?
  var secondary: String?
  /// What programs look for: a state, an id.
  var fields: [String: String] = [:]
  var message: String

  /// Only text knows a time of day without its date.
  func text(_ format: LogLineFormat, isTimeOfDay: Bool = false) -> String {
    switch format {
    case .text: return words(isTimeOfDay: isTimeOfDay)
    case .logfmt:
      return pairs.map { key, value in "\(key)=\(Self.logfmtValue(value))" }.joined(separator: " ")
    case .json:
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      guard
        let data = try? encoder.encode(Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
      else { preconditionFailure("texts can be encoded") }
      return String(decoding: data, as: UTF8.self)
    }
  }

  private func words(isTimeOfDay: Bool) -> String {
    var words: [String] = []
    if let time {
      words.append(isTimeOfDay ? Quantity.timeOfDay(time) : time.text(fractionDigits: 3))
    }
    if level >= .warning { words.append(level >= .error ? "error" : "warning") }
    let names = [node, secondary].compactMap(\.self)
    if !names.isEmpty { words.append("\(Visible.text(names.joined(separator: "/"))):") }
    words.append(Visible.text(message))
    return words.joined(separator: " ")
  }

  private var pairs: [(String, String)] {
    var pairs: [(String, String)] = []
    if let time { pairs.append(("time", time.text(fractionDigits: 3))) }
    pairs.append(("level", level.rawValue))
    if let node { pairs.append(("node", node)) }
    if let secondary { pairs.append(("secondary", secondary)) }
    pairs += fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    pairs.append(("msg", message))
    return pairs
  }

  private static func logfmtValue(_ value: String) -> String {
    let visible = Visible.text(value)
    let isPlain =
      !visible.isEmpty && visible.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D }
    if isPlain { return visible }
    let escaped = visible.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\"\(escaped)\""
  }

  /// What the journal of systemd takes for the line's priority: `<4>` for a warning.
  ///
  /// <https://www.freedesktop.org/software/systemd/man/latest/sd-daemon.html>
  var journalPrefix: String {
    switch level {
    case .trace, .debug: "<7>"
    case .info: "<6>"
    case .notice: "<5>"
    case .warning: "<4>"
    case .error: "<3>"
    case .critical: "<2>"
    }
  }
}

/// Says a warning or an error that repeats once a minute, with how often it came.
struct RepeatedLines: Sendable {
  private static let interval = Duration.seconds(50)
  /// How many lines are remembered.
  private static let countMax = 200

  private var said: [String: (at: ContinuousClock.Instant, more: Int)] = [:]

  /// What to say of `line` now, of which only the message is looked at; nil: nothing yet.
  mutating func take(_ line: LogLine, at now: ContinuousClock.Instant) -> LogLine? {
    guard line.level >= .warning else { return line }
    let key = "\(line.node ?? "")/\(line.secondary ?? "")/\(line.message)"
    if let last = said[key], now - last.at < Self.interval {
      said[key]!.more += 1
      return nil
    }
    let more = said[key]?.more ?? 0
    said = said.filter { now - $0.value.at < Self.interval * 2 }
    if said.count < Self.countMax { said[key] = (now, 0) }
    guard more > 0 else { return line }
    var counted = line
    counted.message += " (and \(more) times since this was last said)"
    return counted
  }
}
