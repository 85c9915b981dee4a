import EventPersistence

/// What a request is signed with. Its secrets are in no description: not in a log, an error or a document.
struct Credentials: Sendable, Equatable {
  var accessKeyId: String
  var secretAccessKey: String
  /// Of temporary credentials.
  var sessionToken: String? = nil
  /// When they end; nil for those that do not.
  var expiration: EventTime? = nil

  /// Whether they are to be renewed now: five minutes before their end, as the SDKs of AWS do.
  func needRenewal(at time: EventTime) -> Bool {
    expiration.map { $0.seconds(since: time) < 300 } ?? false
  }

  func haveEnded(at time: EventTime) -> Bool { expiration.map { $0 <= time } ?? false }
}

extension Credentials {
  /// The error without the secrets, should a server have sent them back.
  func scrubbed(_ error: SinkError) -> SinkError {
    var error = error
    for secret in [secretAccessKey, sessionToken].compactMap(\.self) where !secret.isEmpty {
      error.message = error.message.replacing(secret, with: "…")
    }
    return error
  }
}

extension Credentials: CustomStringConvertible, CustomReflectable {
  var description: String { "credentials of \(accessKeyId.prefix(4))…" }
  var customMirror: Mirror { Mirror(reflecting: description) }
}
