import EventArchive
import EventPersistence
import EventPersistenceTesting
import Foundation
import NATSServer

@testable import JetStreamSink

/// A stream of its own on a server that all tests share.
struct TestStream: SinkLaws.Storage {
  /// Started at the first use.
  static let shared = Result { try NATSServer() }

  let options: JetStreamOptions

  init(_ server: NATSServer? = nil) throws {
    let server = try server ?? Self.shared.get()
    let name = "T\(UUID().uuidString.prefix(8))"
    options = Self.options([server], name)
  }

  static func options(_ servers: [NATSServer], _ name: String) -> JetStreamOptions {
    var options = JetStreamOptions(
      servers: servers.map(\.url), stream: name, node: "alice", timeout: .seconds(20))
    options.subject = SubjectTemplate("\(name).{node}.{tag}")!
    options.create = JetStreamOptions.Creation()
    options.create?.storage = .memory
    return options
  }

  func makeSink(for log: any EventSource, selecting selection: Selection) -> any EventSink {
    JetStreamSink(options)
  }
  func traces() async throws -> [[UInt8]] { try await Self.contents(options).map(\.json) }

  /// What counts in the stream, in order.
  static func contents(_ options: JetStreamOptions) async throws -> [StateEvent] {
    let archive = JetStreamArchive(options)
    var events: [StateEvent] = []
    for object in try await archive.objects() {
      guard case .lines(let buffer) = try await archive.read(object) else { continue }
      for line in buffer.bytes.split(separator: 0x0A) {
        let position = Position(json: UnsafeRawBufferPointer(rebasing: line))
        events.append(
          StateEvent(position: position ?? Position(eventId: Position.idMax), json: Array(line)))
      }
    }
    return events
  }

  /// All messages of the stream, also those that do not count.
  func messages() async throws -> [StoredMessage] {
    let connection = try JetStreamConnection(options)
    guard let state = try connection.streamState(), state.messages > 0 else { return [] }
    return try (state.firstSequence...state.lastSequence).compactMap {
      try connection.message($0)
    }
  }
}
