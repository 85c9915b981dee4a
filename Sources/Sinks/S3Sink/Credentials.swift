import EventPersistence

/// The keys that sign a request. No description contains its secrets: no log, error or document.
struct Credentials: Sendable, Equatable {
  var accessKeyId: String
  var secretAccessKey: String
  /// For temporary credentials.
  var sessionToken: String? = nil
  /// When they expire; nil if they do not.
  var expiration: EventTime? = nil

  /// Whether to renew them now: five minutes before they expire, as the AWS SDKs do.
  func needRenewal(at time: EventTime) -> Bool {
    expiration.map { $0.seconds(since: time) < 300 } ?? false
  }

  func haveEnded(at time: EventTime) -> Bool { expiration.map { $0 <= time } ?? false }
}

extension Credentials {
  /// The error without the secrets, in case a server sent them back.
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
