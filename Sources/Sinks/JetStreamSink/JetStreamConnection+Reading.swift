internal import CNATS
internal import EventPersistence

/// Reading many messages, with a consumer that the server forgets by itself.
extension JetStreamConnection {
  /// How long the server keeps a consumer that nobody asks.
  private static let forgottenAfter: Int64 = 30_000_000_000

  /// How long a fetch waits for messages that limits or people removed.
  private static let fetchTime: Int64 = 2_000_000_000

  /// A subscription to the messages from `sequence` on, to be destroyed.
  func consumer(from sequence: UInt64) throws(SinkError) -> OpaquePointer {
    var code = jsErrCode(rawValue: 0)
    var config = jsConsumerConfig()
    jsConsumerConfig_Init(&config)
    config.DeliverPolicy = js_DeliverByStartSequence
    config.OptStartSeq = sequence
    config.AckPolicy = js_AckNone
    config.InactiveThreshold = Self.forgottenAfter
    config.MemoryStorage = true
    config.Replicas = 1
    var info: UnsafeMutablePointer<jsConsumerInfo>?
    let added = js_AddConsumer(&info, context, options.stream, &config, nil, &code)
    defer { jsConsumerInfo_Destroy(info) }
    guard added == NATS_OK, let info, let name = info.pointee.Name else {
      throw failure(of: added, code)
    }
    var subscription: OpaquePointer?
    var subOptions = jsSubOptions()
    jsSubOptions_Init(&subOptions)
    let status = options.stream.withCString { stream in
      subOptions.Stream = stream
      subOptions.Consumer = UnsafePointer(name)
      subOptions.Config = config
      return js_PullSubscribe(&subscription, context, ">", nil, nil, &subOptions, &code)
    }
    guard status == NATS_OK, let subscription else { throw failure(of: status, code) }
    return subscription
  }

  /// Calls `body` for up to `count` of the next messages, with their sequences. Returns how many
  /// there were: 0 at the stream's end.
  func fetch(
    _ subscription: OpaquePointer, _ count: Int, _ body: (OpaquePointer, UInt64) -> Void
  ) throws(SinkError) -> Int {
    var request = jsFetchRequest()
    jsFetchRequest_Init(&request)
    request.Batch = Int32(count)
    request.NoWait = true
    request.Expires = Self.fetchTime
    var list = natsMsgList()
    let status = natsSubscription_FetchRequest(&list, subscription, &request)
    defer { natsMsgList_Destroy(&list) }
    if status == NATS_TIMEOUT || status == NATS_NOT_FOUND { return 0 }
    guard status == NATS_OK else { throw failure(of: status, jsErrCode(rawValue: 0)) }
    for index in 0..<Int(list.Count) {
      guard let message = list.Msgs[index] else { continue }
      var data: UnsafeMutablePointer<jsMsgMetaData>?
      guard natsMsg_GetMetaData(&data, message) == NATS_OK, let data else { continue }
      body(message, data.pointee.Sequence.Stream)
      jsMsgMetaData_Destroy(data)
    }
    return Int(list.Count)
  }
}
