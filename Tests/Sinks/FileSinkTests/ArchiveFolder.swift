import EventPersistence
import EventPersistenceTesting
import FileSink
import Foundation

/// A folder that an archive can be made in, removed behind the test.
final class ArchiveFolder: SinkLaws.Storage {
  let parent: String
  let path: String
  private let makeOptions: @Sendable (String) -> FileSink.Options

  /// By default with segments of five events at most, so that small logs have many.
  init(
    options: @escaping @Sendable (String) -> FileSink.Options = {
      FileSink.Options(path: $0, interval: .seconds(20), eventsMax: 5)
    }
  ) throws {
    parent = NSTemporaryDirectory() + "archive-\(UUID().uuidString)"
    path = parent + "/archive"
    makeOptions = options
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: parent) }

  func sink() -> FileSink { FileSink(makeOptions(path)) }
  func makeSink() -> any EventSink { sink() }

  /// Stores the events in batches of `size`, as a driver that starts and ends.
  func store(_ events: [StateEvent], by size: Int = 7, isDerived: Bool = false) async throws {
    let sink = sink()
    _ = try await sink.open()
    for start in stride(from: 0, to: events.count, by: size) {
      let batch = EventBatch(Array(events[start..<min(start + size, events.count)]))
      let entries = batch.entries.map {
        EventBatch.Entry(
          offset: $0.offset, length: $0.length, position: $0.position, isDerived: isDerived)
      }
      try await sink.put(EventBatch(buffer: batch.buffer, entries: entries[...]))
    }
    await sink.close()
  }

  func file(_ name: String) -> String { "\(path)/events/\(name)" }

  var segments: [String] { names("events") }
  var superseded: [String] { names("superseded") }

  func names(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []).sorted()
  }

  func lines() throws -> [String] {
    try segments.flatMap {
      try String(contentsOfFile: file($0), encoding: .utf8).split(separator: "\n").map(String.init)
    }
  }

  func contents() throws -> [StateEvent] {
    try lines().map { line in
      let json = Array(line.utf8)
      let position = json.withUnsafeBytes { Position(json: $0) }
      return StateEvent(position: position ?? Position(eventId: 0), json: json)
    }
  }

  /// Every file of the archive with its bytes.
  func snapshot() throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
      guard !name.hasPrefix("superseded"), name != "lock" else { continue }
      files[name] = FileManager.default.contents(atPath: "\(path)/\(name)")
    }
    return files
  }

  /// What tells whether a file was written: its number and the time of its last change.
  func identities() -> [String] {
    segments.map {
      var status = stat()
      stat(file($0), &status)
      return "\($0) \(status.st_ino) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }
  }
}

extension StateEvent {
  /// An event whose time is `second` seconds into a day.
  static func make(
    _ id: UInt64, tag: String = "TickObserved", second: Int64? = 0, text: String = ""
  )
    -> StateEvent
  {
    let time = second.map { EventTime(seconds: 1_780_000_000 / 86_400 * 86_400 + $0) }
    let timeText = time.map { ",\"time\":\"\($0)\"" } ?? ""
    let json =
      "{\"eventId\":\(id),\"stateChanged\":{\"tag\":\"\(tag)\",\"text\":\"\(text)\"}\(timeText)}"
    return StateEvent(
      position: Position(eventId: id, tag: tag, time: time), json: Array(json.utf8))
  }
}
