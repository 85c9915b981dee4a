import Compression
import EventPersistence
import EventPersistenceTesting
import FileSink
import Foundation

/// A folder in which an archive can be made, removed after the test.
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
  func makeSink(for log: any EventSource, selecting selection: Selection) -> any EventSink {
    sink()
  }
  func traces() throws -> [[UInt8]] { try lines().map { Array($0.utf8) } }
  func objects() throws -> [String: [UInt8]] { try snapshot().mapValues(Array.init) }

  /// Stores the events of `log` from the index `start` on, read `size` at a time, like a driver
  /// that starts and ends.
  func store(
    _ log: [StateEvent], from start: Int = 0, by size: Int = 7, isDerived: Bool = false
  ) async throws {
    let sink = sink()
    _ = try await sink.open()
    try await put(log, from: start, by: size, isDerived: isDerived, into: sink)
    await sink.close()
  }

  func put(
    _ log: [StateEvent], from start: Int = 0, by size: Int = 7, isDerived: Bool = false,
    into sink: FileSink
  ) async throws {
    for batch in try sink.batching.batches(of: log, from: start, by: size) {
      let entries = batch.entries.map {
        EventBatch.Entry(
          offset: $0.offset, length: $0.length, position: $0.position, isDerived: isDerived)
      }
      let marked = EventBatch(buffer: batch.buffer, entries: entries[...])
      try await sink.put(marked.belonging(to: batch.run!))
    }
  }

  func file(_ name: String) -> String { "\(path)/events/\(name)" }

  var segments: [String] { names("events") }
  var superseded: [String] { names("superseded") }

  func names(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []).sorted()
  }

  func lines() throws -> [String] {
    try segments.flatMap {
      let path = file($0)
      var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      if path.hasSuffix(".zst") { bytes = try Compression.zstd.unpack(bytes, limit: 1 << 24) }
      return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
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

  /// Shows whether a file was written: its inode and the time of its last change.
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
