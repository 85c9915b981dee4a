internal import CNATS
internal import EventPersistence
internal import Foundation

/// A connection to the servers, with the C client.
///
/// It does not come back by itself: after it is lost, the sink makes another one, reads the
/// credentials again, and looks at the stream's end. All calls block, so that it is used from one
/// thread outside the cooperative pool.
final class JetStreamConnection {
  let options: JetStreamOptions
  let connection: OpaquePointer
  let context: OpaquePointer
  private let answers: OpaquePointer

  /// How long a server may take to accept the connection.
  private static let connectMillisecondsMax: Int64 = 2000

  init(_ options: JetStreamOptions) throws(SinkError) {
    self.options = options
    let answers = cnats_answers_make()!
    self.answers = answers
    var made: OpaquePointer?
    var context: OpaquePointer?
    do throws(SinkError) {
      let settings = try Self.settings(options, answers)
      defer { natsOptions_Destroy(settings) }
      let status = natsConnection_Connect(&made, settings)
      guard status == NATS_OK, made != nil else {
        throw SinkError.unreachable(status, Self.lastError(), options)
      }
      let contextStatus = cnats_context(
        &context, made, answers, Int64(PublishWindow.messagesMax) * 2, options.milliseconds)
      guard contextStatus == NATS_OK, context != nil else {
        throw SinkError.unreachable(contextStatus, Self.lastError(), options)
      }
    } catch {
      cnats_answers_drop(answers)
      natsConnection_Destroy(made)
      throw error
    }
    connection = made!
    self.context = context!
  }

  deinit {
    cnats_answers_drop(answers)
    jsCtx_Destroy(context)
    natsConnection_Destroy(connection)
  }

  /// The largest message that the server takes, headers included.
  var payloadMax: Int { Int(natsConnection_GetMaxPayload(connection)) }

  var isClosed: Bool { natsConnection_IsClosed(connection) }

  /// The server that it is connected to, without a user.
  var server: String {
    var text = [CChar](repeating: 0, count: 256)
    guard natsConnection_GetConnectedUrl(connection, &text, text.count) == NATS_OK else {
      return "-"
    }
    let url = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    guard let at = url.lastIndex(of: "@"), let scheme = url.firstRange(of: "://") else {
      return url
    }
    return String(url[..<scheme.upperBound] + url[url.index(after: at)...])
  }

  // MARK: - Settings

  private static func settings(
    _ options: JetStreamOptions, _ answers: OpaquePointer
  ) throws(SinkError) -> OpaquePointer {
    var made: OpaquePointer?
    guard natsOptions_Create(&made) == NATS_OK, let settings = made else {
      throw SinkError(.retry, code: "ENOMEM", "The NATS client could not be made: no memory.")
    }
    do throws(SinkError) {
      let servers = options.servers.map { strdup($0) }
      defer { for server in servers { free(server) } }
      var pointers = servers.map { UnsafePointer($0) }
      try check(
        natsOptions_SetServers(settings, &pointers, Int32(pointers.count)), "servers", options)
      try check(natsOptions_SetName(settings, "hydra-sinks \(options.node)"), "name", options)
      try check(natsOptions_SetAllowReconnect(settings, false), "reconnect", options)
      try check(natsOptions_SetTimeout(settings, connectMillisecondsMax), "timeout", options)
      // A server that is gone without a word is noticed after two of these.
      try check(natsOptions_SetPingInterval(settings, 5000), "ping", options)
      try check(cnats_answers_watch(answers, settings), "callbacks", options)
      try setUser(settings, options)
      try setTLS(settings, options)
    } catch {
      natsOptions_Destroy(settings)
      throw error
    }
    return settings
  }

  private static func setUser(
    _ settings: OpaquePointer, _ options: JetStreamOptions
  ) throws(SinkError) {
    if let file = options.credentials {
      try readable(file, "credentials")
      try check(
        natsOptions_SetUserCredentialsFromFiles(settings, file, nil), "credentials", options)
    }
    guard let user = options.user else { return }
    var password = ""
    if let file = options.passwordFile {
      try readable(file, "password-file")
      guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
        throw SinkError(
          .stop, code: "password-file", "\(file) (password-file) is not text in UTF-8.")
      }
      password = text.trimmingCharacters(in: .newlines)
    }
    try check(natsOptions_SetUserInfo(settings, user, password), "user", options)
  }

  private static func setTLS(
    _ settings: OpaquePointer, _ options: JetStreamOptions
  ) throws(SinkError) {
    guard let tls = options.tls else { return }
    try check(natsOptions_SetSecure(settings, true), "tls", options)
    if let file = tls.authority {
      try readable(file, "tls.ca")
      try check(natsOptions_LoadCATrustedCertificates(settings, file), "tls.ca", options)
    }
    if let certificate = tls.certificate, let key = tls.key {
      try readable(certificate, "tls.certificate")
      try readable(key, "tls.key")
      try check(
        natsOptions_LoadCertificatesChain(settings, certificate, key), "tls.certificate", options)
    }
  }

  private static func readable(_ file: String, _ key: String) throws(SinkError) {
    guard access(file, R_OK) != 0 else { return }
    throw SinkError(
      .stop, code: key,
      "\(file) (\(key)) cannot be read: \(String(cString: strerror(errno))). Correct \(key), or let "
        + "the user of hydra-sinks read the file.")
  }

  private static func check(
    _ status: natsStatus, _ key: String, _ options: JetStreamOptions
  ) throws(SinkError) {
    guard status != NATS_OK else { return }
    throw SinkError(
      .stop, code: key,
      "The NATS client does not accept \"\(key)\" for \(options.place): \(lastError()). Correct it in "
        + "the configuration.")
  }

  /// The text of the last error of this thread.
  static func lastError() -> String {
    nats_GetLastError(nil).map { String(cString: $0) } ?? ""
  }

  // MARK: - Publishing

  /// What was answered since the connection was made: at once if something failed or more than
  /// `answered` answers came, else after `wait`.
  func tally(beyond answered: UInt64, within wait: Duration) -> cnats_tally {
    cnats_answers_wait(answers, answered, wait.milliseconds)
  }

  /// Why the messages of `tally` are not stored.
  func failure(_ tally: cnats_tally) -> SinkError {
    var tally = tally
    let text = withUnsafeBytes(of: &tally.text) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if tally.code == 0, tally.isClosed { return .unreachable(tally.status, text, options) }
    return .failed(tally.status, Int(tally.code), text, options)
  }
}

extension JetStreamOptions {
  var milliseconds: Int64 { timeout.milliseconds }
}

extension Duration {
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
