import CNATS
import EventPersistence
import EventPersistenceTesting
import Foundation
import Loopback
import NATSServer
import Testing

@testable import JetStreamSink

@Suite(
  "What a stream and its servers refuse",
  .enabled(if: NATSServer.isInstalled, "nats-server is not installed: Tests/run does that"))
struct JetStreamFailureTests {
  private func failure(_ options: JetStreamOptions, _ events: [StateEvent] = []) async -> SinkError?
  {
    let sink = JetStreamSink(options)
    do throws(SinkError) {
      _ = try await sink.open()
      if !events.isEmpty { try await sink.put(EventBatch(events)) }
      return nil
    } catch {
      return error
    }
  }

  @Test("no server, no stream, no JetStream")
  func absent() async throws {
    var nowhere = JetStreamOptions(
      servers: ["nats://127.0.0.1:\(try Loopback.freePort())"], stream: "S", node: "alice")
    var error = await failure(nowhere)
    #expect(error?.remedy == .retry && error?.code == "no server", "\(error as Any)")
    nowhere.servers = [try TestStream.shared.get().url]
    error = await failure(nowhere)
    #expect(error?.remedy == .stop && error?.code == "no stream", "\(error as Any)")
  }

  @Test("wrong credentials, and permissions that do not suffice")
  func permissions() async throws {
    let server = try NATSServer(
      """
      authorization {
        users = [
          { user: all, password: secret }
          { user: reader, password: secret,
            permissions: { publish: ["$JS.API.>"], subscribe: [">"] } }
        ]
      }
      """)
    let file = "\(server.folder)/password"
    try Data("secret\n".utf8).write(to: URL(fileURLWithPath: file))
    var options = TestStream.options([server], "S")
    options.timeout = .seconds(3)
    var error = await failure(options)
    #expect(error?.remedy == .stop && error?.code == "authorization", "\(error as Any)")
    options.user = "all"
    options.passwordFile = file
    #expect(await failure(options) == nil)
    options.user = "reader"
    error = await failure(options, SampleEvents.make(3))
    #expect(error?.remedy == .stop && error?.code == "permission", "\(error as Any)")
    #expect(error?.message.contains("secret") == false)
    try Data("other".utf8).write(to: URL(fileURLWithPath: file))
    error = await failure(options)
    #expect(error?.code == "authorization", "\(error as Any)")
  }

  @Test("subjects that the stream does not take")
  func subjects() async throws {
    let stream = try TestStream()
    #expect(await failure(stream.options) == nil)
    var other = stream.options
    other.subject = SubjectTemplate("elsewhere.{node}.{tag}")!
    let error = await failure(other)
    #expect(error?.remedy == .stop && error?.code == "subjects", "\(error as Any)")
  }

  @Test("a full stream that discards new messages: what fits is stored, and the rest waits")
  func full() async throws {
    let options = try TestStream().options
    let sink = JetStreamSink(options)
    _ = try await sink.open()
    await sink.close()
    try await limit(options, messages: 5)
    let events = SampleEvents.make(20)
    // The sixth is refused. Only the last one asks for an answer, which would say something else.
    let error = await failure(options, events)
    #expect(error?.remedy == .stop && error?.code == "full", "\(error as Any)")
    #expect(error?.stored == events[4].position)
    #expect(try await TestStream.contents(options).map(\.json) == events[..<5].map(\.json))
    try await limit(options, messages: -1)
    #expect(await failure(options, events) == nil)
    #expect(try await TestStream.contents(options).map(\.json) == events.map(\.json))
  }

  @Test("a stream that another driver has filled meanwhile: the next one goes on behind that")
  func overtaken() async throws {
    let options = try TestStream().options
    let events = SampleEvents.make(300)
    let (first, second) = (JetStreamSink(options), JetStreamSink(options))
    _ = try await first.open()
    _ = try await second.open()
    try await first.deliver(EventBatch(Array(events[..<200])))
    // It believes that the stream is empty, and expects that of the stream.
    try await second.deliver(EventBatch(Array(events[200...])))
    #expect(try await TestStream.contents(options).map(\.json) == events.map(\.json))
  }

  /// Changes the limit of a stream that discards new messages.
  private func limit(_ options: JetStreamOptions, messages: Int64) async throws {
    let connection = try JetStreamConnection(options)
    var info: UnsafeMutablePointer<jsStreamInfo>?
    var code = jsErrCode(rawValue: 0)
    try #require(js_GetStreamInfo(&info, connection.context, options.stream, nil, &code) == NATS_OK)
    defer { jsStreamInfo_Destroy(info) }
    let config = try #require(info?.pointee.Config)
    config.pointee.MaxMsgs = messages
    config.pointee.Discard = js_DiscardNew
    try #require(js_UpdateStream(nil, connection.context, config, nil, &code) == NATS_OK)
  }

  @Test("a server that dies under a batch: the next one goes on behind what is stored")
  func strike() async throws {
    let server = try NATSServer()
    var options = TestStream.options([server], "S")
    options.create?.storage = .file
    let events = SampleEvents.make(100, payload: 300)
    #expect(await failure(options, Array(events[..<40])) == nil)
    let sink = JetStreamSink(options)
    _ = try await sink.open()
    server.kill()
    let error = await #expect(throws: SinkError.self) { try await sink.put(EventBatch(events)) }
    #expect(error?.remedy == .retry, "\(error as Any)")
    try server.start()
    guard case .through(let held?) = try await sink.open() else {
      Issue.record("the stream is empty")
      return
    }
    #expect(held == events[39].position)
    try await sink.deliver(EventBatch(events))
    #expect(try await TestStream.contents(options).map(\.json) == events.map(\.json))
  }
}
