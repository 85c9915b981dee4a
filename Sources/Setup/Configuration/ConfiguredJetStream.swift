package import Wording
internal import Yams

/// The configuration of a secondary of kind `jetstream`.
package struct ConfiguredJetStream: Sendable, Hashable {
  /// `nats://HOST:PORT` or `tls://HOST:PORT`, at least one.
  package var servers: [String]
  package var stream: String
  package var subject: String?
  /// Nil: the node's name in the configuration, else the machine's.
  package var node: String?
  package var credentials: String?
  package var user: String?
  package var passwordFile: String?
  package var tls: TLS?
  package var create: Creation?
  package var skipsBodies = false
  package var timeout = Duration.seconds(10)

  package struct TLS: Sendable, Hashable {
    package var authority: String?
    package var certificate: String?
    package var key: String?
  }

  package struct Creation: Sendable, Hashable {
    package var replicas = 1
    package var maxAge: Duration?
    package var maxBytes: Int?
    package var isInMemory = false
  }

  package init(servers: [String], stream: String) {
    self.servers = servers
    self.stream = stream
  }

  package static let keys = [
    "servers", "stream", "subject", "node", "credentials", "user", "password-file", "tls", "create",
    "oversize", "timeout",
  ]

  package static let serverExpectation =
    "nats://HOST:PORT or tls://HOST:PORT, without a user or a password"
  package static let streamExpectation =
    "a stream's name: 1 to 255 characters out of a-z, A-Z, 0-9, - and _"
  private static let subjectExpectation =
    "words with a point between them, each {node}, {generation}, {head}, {tag}, or out of a-z, A-Z, 0-9, - "
    + "and _"

  package static func isStream(_ text: String) -> Bool {
    text.utf8.count <= 255 && text.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil
  }

  package static func isServer(_ text: String) -> Bool {
    text.wholeMatch(of: /(nats|tls):\/\/([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/) != nil
  }

  private static func isSubject(_ text: String) -> Bool {
    text.utf8.count <= 200
      && text.wholeMatch(
        of:
          /([A-Za-z0-9_-]+|\{(node|tag|head|generation)\})(\.([A-Za-z0-9_-]+|\{(node|tag|head|generation)\}))*/
      ) != nil
  }

  package static func read(
    _ map: ConfigurationMapping, _ paths: ConfiguredPaths
  ) throws(Refusal) -> ConfiguredJetStream {
    #if !JetStream
      throw map.mistake(
        at: "kind",
        "this hydra-sinks was built without JetStream (the package trait JetStream). Build it with "
          + "that trait, or use another kind")
    #else
      guard let servers = try map.list("servers", of: "addresses") else {
        throw map.missing("servers", expected: "a list like [nats://127.0.0.1:4222]")
      }
      guard servers.allSatisfy(isServer) else {
        // One may have a password in it.
        throw map.mistake(at: "servers", "\"servers\": expected a list of \(serverExpectation)")
      }
      guard let stream = try map.plain("stream", expected: streamExpectation) else {
        throw map.missing("stream", expected: streamExpectation)
      }
      guard isStream(stream) else { throw map.mistake(at: "stream", expected: streamExpectation) }
      var own = ConfiguredJetStream(servers: servers, stream: stream)
      if let subject = try map.plain("subject", expected: subjectExpectation) {
        guard isSubject(subject) else {
          throw map.mistake(at: "subject", expected: subjectExpectation)
        }
        own.subject = subject
      }
      own.node = try map.plain("node", expected: "the node's name in subjects and headers")
      if let timeout = try map.duration("timeout") {
        guard timeout >= .seconds(1) else {
          throw map.mistake(at: "timeout", expected: "a duration of 1s or more")
        }
        own.timeout = timeout
      }
      switch try map.plain("oversize", expected: "refuse or skip-body") {
      case nil, "refuse": break
      case "skip-body": own.skipsBodies = true
      default: throw map.mistake(at: "oversize", expected: "refuse or skip-body")
      }
      try own.readUser(map, paths)
      try own.readCreation(map)
      return own
    #endif
  }

  private mutating func readUser(
    _ map: ConfigurationMapping, _ paths: ConfiguredPaths
  ) throws(Refusal) {
    credentials = try map.string("credentials").map(paths.resolve)
    user = try map.plain("user", expected: "a user's name")
    passwordFile = try map.string("password-file").map(paths.resolve)
    if user != nil, credentials != nil {
      throw map.mistake(at: "user", "expected either \"credentials\" or \"user\", found both")
    }
    if (user == nil) != (passwordFile == nil) {
      throw map.mistake(
        at: user == nil ? "password-file" : "user",
        "expected \"user\" and \"password-file\" together")
    }
    guard let map = try map.mapping("tls") else { return }
    try map.allow(["ca", "certificate", "key"])
    let tls = TLS(
      authority: try map.string("ca").map(paths.resolve),
      certificate: try map.string("certificate").map(paths.resolve),
      key: try map.string("key").map(paths.resolve))
    if (tls.certificate == nil) != (tls.key == nil) {
      throw map.mistake(
        at: tls.key == nil ? "certificate" : "key",
        "expected \"certificate\" and \"key\" together")
    }
    self.tls = tls
  }

  /// `create: true`, or a mapping that says how.
  private mutating func readCreation(_ map: ConfigurationMapping) throws(Refusal) {
    if map.node("create")?.scalar != nil {
      create = try map.truth("create") == true ? Creation() : nil
      return
    }
    guard let map = try map.mapping("create") else { return }
    try map.allow(["replicas", "max-age", "max-bytes", "storage"])
    var creation = Creation()
    if let replicas = try map.count("replicas") {
      guard (1...5).contains(replicas) else {
        throw map.mistake(at: "replicas", expected: "a number from 1 to 5")
      }
      creation.replicas = replicas
    }
    if let age = try map.duration("max-age") {
      guard age >= .seconds(1) else {
        throw map.mistake(at: "max-age", expected: "a duration of 1s or more")
      }
      creation.maxAge = age
    }
    creation.maxBytes = try map.size("max-bytes")
    switch try map.plain("storage", expected: "file or memory") {
    case nil, "file": break
    case "memory": creation.isInMemory = true
    default: throw map.mistake(at: "storage", expected: "file or memory")
    }
    create = creation
  }

  // MARK: - nats://HOST:PORT/STREAM

  /// - Parameter rest: the text after `nats:` or `tls:`.
  /// - Returns: Nil if the URI is wrong; `why` then says why.
  package static func parse(
    _ scheme: String, _ rest: String, why: inout String
  ) -> ConfiguredJetStream? {
    #if !JetStream
      why = "this hydra-sinks was built without JetStream (the package trait JetStream)"
      return nil
    #else
      guard let slash = rest.dropFirst(2).firstIndex(of: "/"), rest.hasPrefix("//") else {
        why = "it needs a server and a stream: nats://HOST:PORT/STREAM"
        return nil
      }
      let server = "\(scheme):\(rest[..<slash])"
      let stream = String(rest[rest.index(after: slash)...])
      guard isServer(server) else {
        why = "expected \(serverExpectation)"
        return nil
      }
      guard isStream(stream) else {
        why = "expected \(streamExpectation)"
        return nil
      }
      var own = ConfiguredJetStream(servers: [server], stream: stream)
      own.create = Creation()
      return own
    #endif
  }
}
