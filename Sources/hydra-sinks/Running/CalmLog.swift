import Dashboard
import EventPersistence
import Foundation
import Logging
import Wording

/// The log of a run without a dashboard: one line per message, on standard error.
///
/// `15:04:05 archive: caught up` on a terminal; elsewhere with the full UTC time; under systemd,
/// whose journal has the time, without a time. Warnings and errors name their level.
struct CalmLog: LogHandler {
  var logLevel: Logger.Level = .info
  var metadata: Logger.Metadata = [:]

  private let stamp: Stamp

  private enum Stamp { case timeOfDay, whole, none }

  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    stamp =
      environment["JOURNAL_STREAM"] != nil
      ? .none : StandardError.isTerminal ? .timeOfDay : .whole
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    let names = [all["node"], all["secondary"]].compactMap { $0.map { "\($0)" } }
    StandardError.write(
      Self.line(
        event.level, "\(event.message)",
        secondary: names.isEmpty ? nil : names.joined(separator: "/"), stamp: stampText) + "\n")
  }

  private var stampText: String? {
    let now = EventTime.now
    return switch stamp {
    case .timeOfDay: Quantity.timeOfDay(now)
    case .whole: now.text(fractionDigits: 3)
    case .none: nil
    }
  }

  static func line(
    _ level: Logger.Level, _ message: String, secondary: String?, stamp: String?
  ) -> String {
    var words: [String] = []
    if let stamp { words.append(stamp) }
    if level >= .warning { words.append(level >= .error ? "error" : "warning") }
    if let secondary { words.append("\(Visible.text(secondary)):") }
    words.append(Visible.text(message))
    return words.joined(separator: " ")
  }

  /// The program's logger; with several nodes, that of one node's drivers.
  static func logger(node: String? = nil) -> Logger {
    var logger = Logger(label: "hydra-sinks") { _ in CalmLog() }
    if let node { logger[metadataKey: "node"] = "\(node)" }
    return logger
  }
}
