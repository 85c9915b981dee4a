internal import CNATS
internal import EventPersistence

/// What the client and the servers answer, as errors of a sink.
extension SinkError {
  /// The code of a stream that does not end with the message before.
  static let overtakenCode = "overtaken"

  /// A connection that could not be made, or was lost.
  static func unreachable(
    _ status: natsStatus, _ text: String, _ options: JetStreamOptions
  ) -> SinkError {
    let servers = options.servers.joined(separator: ", ")
    let why = text.isEmpty ? String(cString: natsStatus_GetText(status)) : text
    switch status {
    case NATS_NO_SERVER:
      return SinkError(
        .retry, code: "no server",
        "No NATS server answers at \(servers). Start nats-server there, or correct \"servers\" of "
          + "the configuration; hydra-sinks tries again.")
    case NATS_CONNECTION_AUTH_FAILED:
      let who =
        options.credentials.map { "the credentials in \($0)" }
        ?? options.user.map { "the user \($0)" } ?? "a client without credentials"
      return SinkError(
        .stop, code: "authorization",
        "The NATS server at \(servers) refuses \(who): \(why). Set credentials, or user and "
          + "password-file, to one that may publish; hydra-sinks tries again when the file changes."
      )
    case NATS_SSL_ERROR, NATS_SECURE_CONNECTION_WANTED, NATS_SECURE_CONNECTION_REQUIRED:
      return SinkError(
        .stop, code: "TLS",
        "No TLS connection to \(servers): \(why). Check tls (ca, certificate, key), and whether the "
          + "server uses TLS.")
    case NATS_NOT_PERMITTED: return notPermitted(why, options)
    default:
      return SinkError(
        .retry, code: "disconnected",
        "The connection to the NATS server at \(servers) is lost: \(why). hydra-sinks connects "
          + "again.")
    }
  }

  /// The permissions of the user do not suffice.
  static func notPermitted(_ text: String, _ options: JetStreamOptions) -> SinkError {
    SinkError(
      .stop, code: "permission",
      "The NATS server does not permit what \(options.place) needs: \(text). Permit the user to "
        + "publish \(options.subject.wildcard(node: options.node)), "
        + "$JS.API.STREAM.INFO.\(options.stream) and $JS.API.STREAM.MSG.GET.\(options.stream), and to "
        + "subscribe to _INBOX.>.")
  }

  /// A request about the stream that failed, or a message that was not stored.
  ///
  /// - Parameter code: JetStream's own, 0 if it gave none.
  static func failed(
    _ status: natsStatus, _ code: Int, _ text: String, _ options: JetStreamOptions
  ) -> SinkError {
    let place = options.place
    let why = text.isEmpty ? String(cString: natsStatus_GetText(status)) : text
    switch code {
    case Int(JSStreamNotFoundErr.rawValue):
      return SinkError(
        .stop, code: "no stream",
        "There is no \(place). Make it (nats stream add \(options.stream) --subjects "
          + "'\(options.subject.wildcard(node: options.node))' --storage file --defaults), "
          + "or set create: true.")
    case Int(JSNotEnabledErr.rawValue), Int(JSNotEnabledForAccountErr.rawValue):
      return SinkError(
        .stop, code: "no JetStream",
        "JetStream is not enabled at \(options.servers.joined(separator: ", ")): \(why). Start "
          + "nats-server with -js, or enable it for the account.")
    case Int(JSStreamStoreFailedErr.rawValue) where why.contains("exceeded"):
      return SinkError(
        .stop, code: "full",
        "The \(place) is full: \(why) (discard: new). Raise its limits or purge it: nothing is lost "
          + "meanwhile, the node's log keeps the events.")
    case Int(JSStreamMessageExceedsMaximumErr.rawValue):
      return SinkError(
        .stop, code: "message size",
        "The \(place) refuses an event as too large: \(why). Raise the stream's max_msg_size.")
    case Int(JSStreamSealedErr.rawValue):
      return SinkError(
        .stop, code: "sealed", "The \(place) is sealed and takes no messages. Name another one.")
    case Int(JSStreamWrongLastSequenceErr.rawValue):
      return SinkError(
        .retry, code: overtakenCode,
        "The \(place) does not end where the last message was stored (\(why)). hydra-sinks looks at "
          + "its end again. If this remains, something else publishes into this stream: give each "
          + "secondary a stream of its own.")
    case 0: return unanswered(status, why, options)
    default:
      return SinkError(
        .retry, code: "JetStream \(code)",
        "The \(place) did not take a message: \(why) (\(code)). hydra-sinks tries again.")
    }
  }

  private static func unanswered(
    _ status: natsStatus, _ why: String, _ options: JetStreamOptions
  ) -> SinkError {
    switch status {
    case NATS_NO_RESPONDERS:
      SinkError(
        .retry, code: "no leader",
        "Nobody answers for the \(options.place): JetStream is not enabled there, or the stream has "
          + "no leader because too many of its servers are down. Start them; hydra-sinks tries again."
      )
    case NATS_TIMEOUT:
      SinkError(
        .retry, code: "no answer",
        "The \(options.place) did not answer within \(options.timeout.components.seconds) s: its "
          + "servers are overloaded, or it has no leader. hydra-sinks tries again.")
    case NATS_NOT_PERMITTED: notPermitted(why, options)
    case NATS_CONNECTION_CLOSED, NATS_CONNECTION_DISCONNECTED, NATS_IO_ERROR, NATS_STALE_CONNECTION,
      NATS_NO_SERVER, NATS_CONNECTION_AUTH_FAILED:
      unreachable(status, why, options)
    default:
      SinkError(
        .retry, code: "NATS \(status.rawValue)",
        "The NATS client failed at the \(options.place): \(why). hydra-sinks tries again.")
    }
  }
}

/// Answers that the sink finds by itself.
enum NATSStatus {
  static let error = NATS_ERR
  static let timeout = NATS_TIMEOUT
  static let noResponders = NATS_NO_RESPONDERS
  static let noStream = Int(JSStreamNotFoundErr.rawValue)
}
