import EventPersistence
import EventPersistenceTesting
import Foundation
import NATSServer
import Testing

@testable import JetStreamSink

/// Servers that want certificates, or the credentials of an account.
@Suite(
  "How a server is reached",
  .enabled(if: NATSServer.isInstalled, "nats-server is not installed: Tests/run does that"))
struct JetStreamAccessTests {
  private func failure(_ options: JetStreamOptions) async -> SinkError? {
    let sink = JetStreamSink(options)
    do throws(SinkError) {
      _ = try await sink.open()
      try await sink.put(EventBatch(SampleEvents.make(5)))
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "TLS: the server's certificate must be signed by ca and name its host; the server may want ours"
  )
  func encrypted() async throws {
    let files = try Certificates()
    try files.certify("server", for: "IP:127.0.0.1")
    try files.certify("client", for: "DNS:client")
    let server = try NATSServer(
      """
      tls {
        cert_file: "\(files.path)/server.pem", key_file: "\(files.path)/server.key"
        ca_file: "\(files.path)/ca.pem", verify: true, timeout: 20
      }
      """)
    var options = TestStream.options([server], "S")
    var error = await failure(options)
    #expect(error?.remedy == .stop && error?.code == "TLS", "\(error as Any)")
    options.tls = JetStreamOptions.TLS(
      authority: "\(files.path)/ca.pem", certificate: "\(files.path)/client.pem",
      key: "\(files.path)/client.key")
    #expect(await failure(options) == nil)
    options.servers = ["tls://127.0.0.1:\(server.port)"]
    #expect(await failure(options) == nil)

    // Our certificate is missing: the server ends the connection, once it has seen that.
    options.tls?.certificate = nil
    options.tls?.key = nil
    error = await failure(options)
    #expect(error != nil && error?.code != "no server", "\(error as Any)")
    // An authority that the client does not know.
    options.tls = JetStreamOptions.TLS(
      certificate: "\(files.path)/client.pem", key: "\(files.path)/client.key")
    error = await failure(options)
    #expect(error?.remedy == .stop && error?.code == "TLS", "\(error as Any)")
    options.tls?.authority = "\(files.path)/none.pem"
    error = await failure(options)
    #expect(error?.code == "tls.ca" && error?.message.contains("none.pem") == true)
  }

  @Test("TLS: a certificate for another host is refused")
  func otherHost() async throws {
    let files = try Certificates()
    try files.certify("server", for: "DNS:other.example,IP:127.0.0.9")
    let server = try NATSServer(
      """
      tls {
        cert_file: "\(files.path)/server.pem", key_file: "\(files.path)/server.key", timeout: 20
      }
      """)
    var options = TestStream.options([server], "S")
    options.tls = JetStreamOptions.TLS(authority: "\(files.path)/ca.pem")
    let error = await failure(options)
    #expect(error?.remedy == .stop && error?.code == "TLS", "\(error as Any)")
  }

  @Test("credentials of an account; those of another one are refused until the file changes")
  func credentials() async throws {
    let files = try Certificates()
    let issuer = NATSIssuer()
    let server = try NATSServer(issuer.configuration)
    let file = "\(files.path)/alice.creds"
    func write(_ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: file)) }
    var options = TestStream.options([server], "S")
    var error = await failure(options)
    #expect(error?.remedy == .stop && error?.code == "authorization", "\(error as Any)")
    options.credentials = file
    error = await failure(options)
    #expect(error?.code == "credentials" && error?.message.contains(file) == true)
    try write(NATSIssuer().credentials())
    error = await failure(options)
    #expect(error?.remedy == .stop && error?.code == "authorization", "\(error as Any)")
    #expect(JetStreamSink(options).watchedFiles == [file])
    try write(issuer.credentials())
    error = await failure(options)
    #expect(error == nil, "\(error as Any) \(server.log.suffix(300))")
  }
}

/// A certificate authority in a folder of its own, which is removed with the value.
private final class Certificates {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/access-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
      "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Makes `NAME.pem` and `NAME.key`, for what `names` lists as alternative names.
  func certify(_ name: String, for names: String) throws {
    try Data("subjectAltName=\(names)\n".utf8)
      .write(to: URL(fileURLWithPath: "\(path)/\(name).ext"))
    try openssl(
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
      "\(name).key", "-out", "\(name).csr", "-subj", "/CN=\(name)")
    try openssl(
      "x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key",
      "-CAcreateserial", "-out", "\(name).pem", "-days", "2", "-extfile", "\(name).ext")
  }

  private func openssl(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "openssl \(arguments)")
  }
}
