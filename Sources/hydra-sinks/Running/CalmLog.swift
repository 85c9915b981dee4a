import EventPersistence
import Foundation
import Logging
import Synchronization
import Wording

/// The log of a run without a dashboard: one line per message, on standard error.
///
/// `15:04:05 archive: caught up` on a terminal; elsewhere with the full UTC time; for systemd's
/// journal, which has the time, with a priority instead. Warnings and errors name their level.
struct CalmLog: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  private let format: LogLineFormat
  private let isForJournal: Bool

  /// Of all loggers of the process.
  private static let repeated = Mutex(RepeatedLines())

  init(
    _ format: LogLineFormat, level: Logger.Level,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    self.format = format
    logLevel = level
    isForJournal = Self.isJournal(environment["JOURNAL_STREAM"])
  }

  /// Whether standard error is the journal's socket that systemd names.
  static func isJournal(_ stream: String?) -> Bool {
    guard let stream else { return false }
    var status = stat()
    guard fstat(STDERR_FILENO, &status) == 0 else { return false }
    return stream == "\(status.st_dev):\(status.st_ino)"
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
    let (node, secondary) = (
      fields.removeValue(forKey: "node"), fields.removeValue(forKey: "secondary")
    )
    let line = LogLine(
      time: isForJournal ? nil : .now, level: event.level, node: node, secondary: secondary,
      fields: fields, message: "\(event.message)")
    guard let said = Self.repeated.withLock({ $0.take(line, at: .now) }) else { return }
    StandardError.write(
      (isForJournal ? said.journalPrefix : "")
        + said.text(format, isTimeOfDay: StandardError.isTerminal) + "\n")
  }

  /// The program's logger; with several nodes, that of one node's drivers.
  static func logger(
    _ format: LogLineFormat = .text, level: Logger.Level = .info, node: String? = nil
  ) -> Logger {
    var logger = Logger(label: "hydra-sinks") { _ in CalmLog(format, level: level) }
    if let node { logger[metadataKey: "node"] = "\(node)" }
    return logger
  }
}
