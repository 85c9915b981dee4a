internal import Foundation

/// A log to append events to: the primary of a program that embeds the combinator.
public protocol EventLog: Sendable {
  /// Appends `event` as the log's next one.
  func append(_ event: StateEvent) async throws(SourceError)
}

/// A `state` file, written as a hydra-node of 0.21 to 2.0 writes it: opened, appended to, closed;
/// one event per line, without an fsync.
///
/// Each event is one `write`, so that a reader sees whole lines except after a crash or on a full
/// disk.
public actor AppendableLog: EventLog {
  public nonisolated let path: String
  private let executor: BlockingExecutor

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// - Parameter directory: the persistence directory, which must exist.
  public init(directory: String) {
    path = directory + "/state"
    executor = BlockingExecutor(label: "appendable-log")
  }

  public func append(_ event: StateEvent) throws(SourceError) {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("open", errno) }
    defer { close(descriptor) }
    let line = event.json + [0x0A]
    var written = 0
    while written < line.count {
      let count = line.withUnsafeBytes { bytes in
        write(descriptor, bytes.baseAddress! + written, bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure("append to", errno) }
      written += count
    }
  }

  private func failure(_ verb: String, _ code: Int32) -> SourceError {
    SourceError(
      .unreadable, "could not \(verb) \(path): \(String(cString: strerror(code)))")
  }
}

extension StateEvent {
  /// An event as a node writes it: `{"eventId":…,"stateChanged":…,"time":"…Z"}`, its keys sorted.
  ///
  /// - Parameter stateChanged: the JSON of the tagged union, without a line break.
  public init(eventId: UInt64, tag: String, stateChanged: [UInt8], time: EventTime) {
    self.init(
      position: Position(eventId: eventId, tag: tag, time: time),
      json: Array("{\"eventId\":\(eventId),\"stateChanged\":".utf8) + stateChanged
        + Array(",\"time\":\"\(time)\"}".utf8))
  }
}
