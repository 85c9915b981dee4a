package import EventPersistence

/// Batches whose objects are on their way while the next ones come.
extension S3Sink {
  /// Sends the object of `batch` while those before it may still be on their way: a bucket that is
  /// far away, or slow, takes several in the time of one. The server gets the last byte of each once
  /// the one before it is stored, and so stores them in order.
  ///
  /// A batch that is not simply put, since others hold events of it, waits for those before it.
  package func begin(_ batch: EventBatch) async throws(SinkError) -> Int {
    try await abandoningOnError { () async throws(SinkError) -> Int in
      guard options.layout == .batches, isOpen else {
        try await put(batch)
        return 0
      }
      while !window.hasRoom(for: batch.byteCount) { try await awaitFirst() }
      try await confirmOwner()
      let placed = try await placed(batch)
      if placed.held.isEmpty || placed.isHeldAsSuch {
        try await begin(batch, placed)
      } else {
        try await awaitAll()
        try await putObject(of: batch)
      }
      passed(batch)
      while let first = window.first, first.next.state != .waits { try await awaitFirst() }
      return window.count
    }
  }

  private func begin(_ batch: EventBatch, _ placed: Placed) async throws(SinkError) {
    let isHeld = placed.isHeldAsSuch
    // Noted before the events, so that no reader takes them for the node's own.
    if !isHeld { try await note(batch.entries) }
    let payload = object.payload(of: batch)
    // An object of no bytes is stored as soon as it is named.
    if !isHeld, payload.isEmpty { try await awaitAll() }
    if isHeld {
      window.compare(payload, with: batch, placed, client)
    } else if payload.isEmpty {
      return try await putObject(of: batch)
    } else {
      window.put(payload, of: batch, placed, contentType: object.contentType, client)
      heldDays.insert(placed.name, placed.day)
    }
    lastOwnKey = isHeld ? nil : placed.key
  }

  package func settle() async throws(SinkError) {
    try await abandoningOnError { () async throws(SinkError) in try await awaitAll() }
  }

  private func awaitAll() async throws(SinkError) {
    while window.first != nil { try await awaitFirst() }
  }

  /// Waits until the oldest object on its way is stored. Cancelling that cancels them all.
  private func awaitFirst() async throws(SinkError) {
    guard let first = window.first else { return }
    let tasks = window.uploads.map(\.task)
    let result = await withTaskCancellationHandler {
      await first.task.value
    } onCancel: {
      for task in tasks { task.cancel() }
    }
    let outcome = try result.get()
    if outcome.isStored {
      if first.byteCount > 0 { counted(first.key, first.byteCount) }
    } else {
      // What is held is not the batch's: the ones after it wait for their turns meanwhile.
      try await putObject(of: first.batch!)
      first.next.end(.came)
    }
    window.removeFirst(outcome.took)
  }

  private func abandoningOnError<Value>(
    _ body: () async throws(SinkError) -> Value
  ) async throws(SinkError) -> Value {
    do throws(SinkError) {
      return try await body()
    } catch {
      await abandonBegun()
      throw error
    }
  }

  /// Nothing that was begun is under way after this.
  func abandonBegun() async {
    guard window.first != nil else { return }
    // What of it became stored is found out by the next `open`.
    isOpen = false
    for upload in window.abandon() { _ = await upload.task.value }
  }
}
