internal import CNATS
internal import EventPersistence

/// What the servers say about a stream.
struct StreamState: Equatable {
  var firstSequence: UInt64
  /// 0: it never had a message. Purged messages count.
  var lastSequence: UInt64
  var messages: UInt64
  var bytes: UInt64
  var subjects: [String]
  var replicas: Int
  /// Nil if the server is not one of a cluster.
  var leader: String?
  var isClustered: Bool
  /// Nil: without a bound.
  var messageSizeMax: Int?
  var hasLimitsRetention: Bool
}

/// Questions about the stream. They are answered by its leader.
extension JetStreamConnection {
  /// Nil if there is no such stream.
  func streamState() throws(SinkError) -> StreamState? {
    var info: UnsafeMutablePointer<jsStreamInfo>?
    var code = jsErrCode(rawValue: 0)
    let status = js_GetStreamInfo(&info, context, options.stream, nil, &code)
    defer { jsStreamInfo_Destroy(info) }
    if code == JSStreamNotFoundErr || status == NATS_NOT_FOUND { return nil }
    guard status == NATS_OK, let info else { throw failure(of: status, code) }
    return StreamState(info.pointee)
  }

  /// Makes the stream for this node's subjects.
  func makeStream(_ creation: JetStreamOptions.Creation) throws(SinkError) -> StreamState {
    var info: UnsafeMutablePointer<jsStreamInfo>?
    var code = jsErrCode(rawValue: 0)
    var config = jsStreamConfig()
    jsStreamConfig_Init(&config)
    config.Replicas = Int64(creation.replicas)
    config.Storage = creation.storage == .file ? js_FileStorage : js_MemoryStorage
    if let age = creation.maxAge { config.MaxAge = age.components.seconds * 1_000_000_000 }
    if let bytes = creation.maxBytes { config.MaxBytes = Int64(bytes) }
    config.AllowDirect = true
    let subject = options.subject.wildcard(node: options.node)
    let status = options.stream.withCString { name in
      subject.withCString { subject in
        config.Name = name
        return withUnsafeMutablePointer(to: &config) { config in
          var subjects: [UnsafePointer<CChar>?] = [subject]
          return subjects.withUnsafeMutableBufferPointer { subjects in
            config.pointee.Subjects = subjects.baseAddress
            config.pointee.SubjectsLen = 1
            return js_AddStream(&info, context, config, nil, &code)
          }
        }
      }
    }
    defer { jsStreamInfo_Destroy(info) }
    guard status == NATS_OK, let info else { throw notMade(status, code) }
    return StreamState(info.pointee)
  }

  private func notMade(_ status: natsStatus, _ code: jsErrCode) -> SinkError {
    guard code.rawValue != 0, code != JSNotEnabledErr, code != JSNotEnabledForAccountErr else {
      return failure(of: status, code)
    }
    // Servers that are about to start are missing peers, and come.
    let isPassing = code == JSClusterNotAvailErr || code == JSClusterNoPeersErr
    return SinkError(
      isPassing ? .retry : .stop, code: "not made",
      "The \(options.place) could not be made: \(Self.lastError()) (\(code.rawValue)). Check create "
        + "(replicas, max-age, max-bytes, storage) and the subjects of other streams.")
  }

  /// The message of that sequence; nil if there is none.
  func message(_ sequence: UInt64) throws(SinkError) -> StoredMessage? {
    var message: OpaquePointer?
    var code = jsErrCode(rawValue: 0)
    let status = js_GetMsg(&message, context, options.stream, sequence, nil, &code)
    defer { natsMsg_Destroy(message) }
    if code == JSNoMessageFoundErr || code == JSStreamNotFoundErr || status == NATS_NOT_FOUND {
      return nil
    }
    guard status == NATS_OK, let message else { throw failure(of: status, code) }
    return StoredMessage(message, sequence: sequence)
  }

  func failure(of status: natsStatus, _ code: jsErrCode) -> SinkError {
    // A request that is not permitted is not answered: the reason comes beside.
    let tally = tally(beyond: .max, within: .zero)
    if code.rawValue == 0, tally.hasFailed { return failure(tally) }
    return .failed(status, Int(code.rawValue), Self.lastError(), options)
  }
}

extension StreamState {
  init(_ info: jsStreamInfo) {
    let config = info.Config?.pointee
    firstSequence = info.State.FirstSeq
    lastSequence = info.State.LastSeq
    messages = info.State.Msgs
    bytes = info.State.Bytes
    replicas = Int(config?.Replicas ?? 1)
    subjects = (0..<Int(config?.SubjectsLen ?? 0)).compactMap { index in
      config?.Subjects?[index].map { String(cString: $0) }
    }
    isClustered = info.Cluster != nil
    leader = info.Cluster?.pointee.Leader.map { String(cString: $0) }
    messageSizeMax = config.flatMap { $0.MaxMsgSize > 0 ? Int($0.MaxMsgSize) : nil }
    hasLimitsRetention = config.map { $0.Retention == js_LimitsPolicy } ?? true
  }
}
