internal import EventArchive
internal import EventPersistence
internal import Wording

#if JetStream
  internal import JetStreamSink

  /// Streams of NATS JetStream, which this program is built with.
  extension Setup {
    /// - Parameter generation: of the node's log.
    private func options(
      _ configured: ConfiguredJetStream, of secondary: ConfiguredSecondary, generation: Int = 1
    ) -> JetStreamOptions {
      var options = JetStreamOptions(
        servers: configured.servers, stream: configured.stream,
        node: configured.node ?? node ?? Requester.host, timeout: configured.timeout)
      options.generation = generation
      options.subject = configured.subject.flatMap { SubjectTemplate($0) } ?? .standard
      options.credentials = configured.credentials
      options.user = configured.user
      options.passwordFile = configured.passwordFile
      options.tls = configured.tls.map {
        JetStreamOptions.TLS(authority: $0.authority, certificate: $0.certificate, key: $0.key)
      }
      options.create = configured.create.map { configured in
        var creation = JetStreamOptions.Creation()
        creation.replicas = configured.replicas
        creation.maxAge = configured.maxAge
        creation.maxBytes = configured.maxBytes
        creation.storage = configured.isInMemory ? .memory : .file
        return creation
      }
      options.oversize = configured.skipsBodies ? .skipBody : .refuse
      if let events = secondary.maxEvents { options.limits.events = events }
      if let bytes = secondary.maxBytes { options.limits.bytes = bytes }
      return options
    }

    func sink(
      of secondary: ConfiguredSecondary, _ configured: ConfiguredJetStream
    ) -> (SinkDescription, @Sendable (_ generation: Int) -> any EventSink)? {
      let options = options(configured, of: secondary)
      return (
        JetStreamSink(options).description,
        { generation in
          var options = options
          options.generation = generation
          return JetStreamSink(options)
        }
      )
    }

    func archive(
      of secondary: ConfiguredSecondary, _ configured: ConfiguredJetStream, generation: Int
    ) -> (any ArchiveStorage)? {
      JetStreamArchive(
        options(configured, of: secondary, generation: generation),
        part: secondary.selection == .all ? nil : "\(secondary.selection)")
    }

    /// Whether a drive could begin; publishes nothing.
    func reach(
      _ configured: ConfiguredJetStream, of secondary: ConfiguredSecondary
    ) async -> (Severity, String) {
      let finding = await JetStreamReader(options(configured, of: secondary)).look()
      return (finding.severity, finding.sentence)
    }

    /// When the stream stored its last message; nil if it has none.
    func writtenAt(
      _ configured: ConfiguredJetStream, of secondary: ConfiguredSecondary
    ) async throws(SinkError) -> EventTime? {
      try await JetStreamReader(options(configured, of: secondary)).writtenAt()
    }
  }
#else
  /// A program that is built without JetStream: no configuration has this kind.
  extension Setup {
    func sink(
      of secondary: ConfiguredSecondary, _ configured: ConfiguredJetStream
    ) -> (SinkDescription, @Sendable (_ generation: Int) -> any EventSink)? { nil }

    func archive(
      of secondary: ConfiguredSecondary, _ configured: ConfiguredJetStream, generation: Int
    ) -> (any ArchiveStorage)? { nil }

    func reach(
      _ configured: ConfiguredJetStream, of secondary: ConfiguredSecondary
    ) async -> (Severity, String) { (.error, "built without JetStream") }

    func writtenAt(
      _ configured: ConfiguredJetStream, of secondary: ConfiguredSecondary
    ) async throws(SinkError) -> EventTime? { nil }
  }
#endif
