import EventPersistence
import Foundation

@testable import HydraLog

/// A persistence directory for one test, removed with it.
final class LogFolder: Sendable {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "hydra-log-\(UUID().uuidString)"
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var directory: PersistenceDirectory { PersistenceDirectory(path: path) }

  func write(_ name: String, _ bytes: [UInt8]) {
    try! Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  func write(_ name: String, _ lines: [String], end: String = "\n") {
    write(name, lines.map { $0 + "\n" }.joined().dropLast(1) + end)
  }

  func write(_ name: String, _ text: some StringProtocol) { write(name, Array(text.utf8)) }

  /// Appends as a node does: the file stays the same.
  func append(_ name: String, _ text: String) {
    let file = fopen("\(path)/\(name)", "a")!
    fputs(text, file)
    fclose(file)
  }

  func move(_ name: String, to other: String) {
    rename("\(path)/\(name)", "\(path)/\(other)")
  }

  func remove(_ name: String) { unlink("\(path)/\(name)") }

  func resize(_ name: String, to bytes: Int) { truncate("\(path)/\(name)", bytes) }

  func segment(_ name: String = "state", acceptsBare: Bool = true) -> FileSegment {
    FileSegment(
      directory: path, name: name, identity: try! FileStamp(at: "\(path)/\(name)").identity,
      acceptsBare: acceptsBare, bareIndex: BareIndex(), longLines: LongLines())
  }
}

/// The lines of a log that a test makes.
enum Line {
  /// - Parameter later: seconds.
  static func tick(_ id: UInt64, later: UInt64 = 0) -> String {
    "{\"eventId\":\(id),\"stateChanged\":{\"chainSlot\":\(id),\"tag\":\"TickObserved\"},"
      + "\"time\":\"\(time(id + later))\"}"
  }

  static func checkpoint(_ id: UInt64, later: UInt64 = 0) -> String {
    "{\"eventId\":\(id),\"stateChanged\":{\"state\":{},\"tag\":\"Checkpoint\"},"
      + "\"time\":\"\(time(id + later))\"}"
  }

  static func time(_ id: UInt64) -> EventTime {
    EventTime(seconds: 1_784_109_600 + Int64(id), picoseconds: 123_456_789_012)
  }

  static func ticks(_ ids: ClosedRange<UInt64>) -> [String] { ids.map { tick($0) } }
}

extension EventReader {
  /// All events, in batches of `limits`.
  func all(_ limits: BatchLimits = BatchLimits()) async throws -> [StateEvent] {
    var events: [StateEvent] = []
    while let batch = try await next(limits, through: nil) {
      events += batch.entries.map(batch.event)
    }
    return events
  }
}

extension StateEvent {
  var text: String { String(decoding: json, as: UTF8.self) }
}
