package import EventPersistence

/// Which stream of which servers, and how it is reached and filled.
package struct JetStreamOptions: Sendable, Hashable {
  /// `nats://HOST:PORT` or `tls://HOST:PORT`, without a user. The client learns of the cluster's
  /// other servers from the first that answers.
  package var servers: [String]
  package var stream: String
  package var subject: SubjectTemplate
  /// The node's name: a word of the subjects.
  package var node: String
  /// Which of the node's logs is stored.
  package var generation = 1

  /// A `.creds` file, which is read at each connection.
  package var credentials: String?
  package var user: String?
  /// The file with the user's password, which is read at each connection.
  package var passwordFile: String?
  package var tls: TLS?

  /// How a stream that does not exist is made; nil: it is not made.
  package var create: Creation?
  package var oversize = Oversize.refuse

  /// How long the servers may take to answer.
  package var timeout: Duration
  package var limits: BatchLimits

  package struct TLS: Sendable, Hashable {
    /// PEM files.
    package var authority: String?
    package var certificate: String?
    package var key: String?

    package init(authority: String? = nil, certificate: String? = nil, key: String? = nil) {
      self.authority = authority
      self.certificate = certificate
      self.key = key
    }
  }

  package struct Creation: Sendable, Hashable {
    package enum Storage: String, Sendable, Hashable, CaseIterable { case file, memory }

    package var replicas = 1
    /// Nil: messages are kept for ever.
    package var maxAge: Duration?
    /// Nil: without a bound.
    package var maxBytes: Int?
    package var storage = Storage.file

    package init() {}
  }

  /// What becomes of an event that is larger than the servers take.
  package enum Oversize: String, Sendable, Hashable, CaseIterable {
    /// The secondary stops, and says what to set.
    case refuse
    /// Its message has the headers and a digest, and no body.
    case skipBody = "skip-body"
  }

  package init(
    servers: [String], stream: String, node: String, timeout: Duration = .seconds(10),
    limits: BatchLimits = BatchLimits(events: 20_000, bytes: 8 << 20)
  ) {
    self.servers = servers
    self.stream = stream
    self.node = node
    self.timeout = timeout
    self.limits = limits
    subject = .standard
  }

  /// For people.
  var place: String { "stream \(stream) at \(servers.joined(separator: ", "))" }

  /// The servers are no part of the target: a cluster may move to other machines, and the sink finds
  /// out by itself what a stream holds.
  package var description: SinkDescription {
    SinkDescription(
      kind: .jetstream, target: "stream \(stream)",
      batching: Batching(limits: limits, timeout: timeout * 2))
  }

  var files: [String] {
    [credentials, passwordFile, tls?.authority, tls?.certificate, tls?.key].compactMap(\.self)
  }
}
