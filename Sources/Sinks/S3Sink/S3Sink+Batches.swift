import Compression
internal import EventArchive
import EventArchive
import EventPersistence
import Foundation

extension S3Sink {
  /// Stores a batch as one object, and ensures that no other object holds events of it.
  ///
  /// Usually none of it is held, and the object is put. Otherwise it checks what is held:
  ///
  /// * the same object is not put again;
  /// * a shorter one with the same first event is removed after the longer one is put, if that has
  ///   all of it;
  /// * the node's own JSON stays if the same event comes in another form;
  /// * an object that begins before the batch (the log began earlier then, or its batches ended
  ///   elsewhere) is cut at the batch's first event, and one that ends after it at its last;
  /// * an object with a line that no object will have any more is set aside first.
  func putObject(of batch: EventBatch) async throws(SinkError) {
    let placed = try await placed(batch)
    let held = placed.held
    // Its own shorter form, which this driver just put: it holds nothing else.
    if held.allSatisfy({ place.key(day: $0.day, $0.name) == lastOwnKey && $0.name != placed.name })
    {
      try await put(
        object.payload(of: batch), placed.key, placed.day, placed.name, placed.description,
        noting: batch.entries)
      for (day, name) in held { try await remove(day, name) }
      lastOwnKey = placed.key
      return
    }
    lastOwnKey = nil
    if placed.isHeldAsSuch,
      try await client.isStored(
        object.payload(of: batch), placed.key, described: placed.description.metadata)
    {
      return
    }
    var objects: [HeldObject] = []
    for (day, name) in held { objects.append(try await HeldObject(bucket, day: day, name: name)) }
    try await put(batch, placed.run, object, placed.name, day: placed.day, over: objects)
  }

  var object: BatchObject {
    BatchObject(content: options.content, compression: options.compression)
  }

  /// The object of a batch, and the objects held that may hold events of it.
  struct Placed {
    let run: BatchRun
    let name: BatchName
    let day: String
    let key: String
    let description: BatchDescription
    let held: [(day: String, name: BatchName)]

    /// Whether only an object of its name is held.
    var isHeldAsSuch: Bool { held.count == 1 && held[0].name == name && held[0].day == day }
  }

  func placed(_ batch: EventBatch) async throws(SinkError) -> Placed {
    let run = batch.run ?? BatchRun(first: batch.first, isComplete: false)
    let name = BatchName(run, last: batch.last, suffix: options.compression.suffix)
    let day = S3Place.day(of: run.first)
    return Placed(
      run: run, name: name, day: day, key: place.key(day: day, name),
      description: BatchDescription(batch, run, batch.entries.count),
      held: try await overlapping(name, days: [day, S3Place.day(of: batch.last)], run, batch))
  }

  private func put(
    _ payload: Payload, _ key: String, _ day: String, _ name: BatchName,
    _ description: BatchDescription,
    noting entries: some Collection<EventBatch.Entry>
  ) async throws(SinkError) {
    // Noted before the events, so that no reader takes them for the node's own.
    try await note(entries)
    try await client.put(
      payload, key: key, contentType: object.contentType, metadata: description.metadata)
    counted(key, payload.count)
    heldDays.insert(name, day)
  }

  // MARK: - The held objects of a batch

  /// The objects that hold or may hold events of the batch `name`: from the listings of its days
  /// and, when a drive begins, of the last day before them that has objects.
  private func overlapping(_ name: BatchName, days: [String], _ run: BatchRun, _ batch: EventBatch)
    async throws(SinkError) -> [(day: String, name: BatchName)]
  {
    var days = days.count == 2 && days[0] == days[1] ? [days[0]] : days
    if !isSettled {
      if let highest = highestId, name.firstId <= highest {
        // Later batches begin after this one, too: once is enough.
        let before = try await bucket.listing.day(before: days[0])
        if let before { days.append(before) }
      }
    }
    heldDays = try await heldDays.of(days, bucket.listing)
    let sharedIds = batch.entries.count { $0.position.eventId == name.lastId }
    var found: [(day: String, name: BatchName)] = []
    for day in days {
      for other in (heldDays.names[day] ?? []).sorted() {
        // While the batch may grow, a longer one is its later form; readers take that.
        if name.isShorter(than: other), !run.isComplete { continue }
        if other == name && day == days[0] || other.reachesInto(name)
          || other.begins(within: name, sharedIds: sharedIds)
        {
          found.append((day, other))
        }
      }
    }
    return found
  }

  // MARK: - Rewriting

  private func put(
    _ batch: EventBatch, _ run: BatchRun, _ object: BatchObject, _ name: BatchName, day: String,
    over objects: [HeldObject]
  ) async throws(SinkError) {
    let rewriting = BatchRewriting(
      IncomingEvents(batch, lines: object.lines(of: batch)),
      over: objects.map { $0.held(beside: name) }, endsWithLast: true)
    let held = Array(zip(objects, rewriting.rests)).filter { !$0.1.isUntouched }
    let parts = held.flatMap { outside(of: $0, $1, name, batch) }
    let key = place.key(day: day, name)
    let written = Set(parts.map { place.key(day: $0.day, $0.name) } + [key])
    // Objects that a new one replaces are set aside before it, the others after it: all events are
    // held at every moment.
    for (object, rest) in held where written.contains(object.key) && rest.isSetAside {
      try await setAside(object.key, removes: false)
    }
    for part in parts { try await put(part.lines, object, day: part.day, part.name) }
    let payload = object.packed(rewriting.lines)
    let description = BatchDescription(batch, run, rewriting.lines.count)
    if try await !client.isStored(payload, key, described: description.metadata) {
      try await put(payload, key, day, name, description, noting: rewriting.taken)
    }
    for (object, rest) in held where !written.contains(object.key) {
      if object.name.isShorter(than: name), !rest.isSetAside {
        try await remove(object.day, object.name)
      } else {
        try await setAside(object.key, removes: true)
        heldDays.remove(object.name, object.day)
      }
    }
  }

  /// The parts of an object outside the batch `name`, as objects of their own.
  private func outside(
    of object: HeldObject, _ rest: BatchRewriting.Rest, _ name: BatchName, _ batch: EventBatch
  ) -> [(day: String, name: BatchName, lines: [ArchiveLine])] {
    var parts: [(day: String, name: BatchName, lines: [ArchiveLine])] = []
    if object.name.begins(before: name), !rest.before.isEmpty || object.isReadable {
      let sharesId = rest.before.last?.position?.eventId == name.firstId || name.ordinal > 0
      var part = object.name
      part.lastId = sharesId ? name.firstId : name.firstId - 1
      parts.append((object.day, part, rest.before))
    }
    if !rest.after.isEmpty || object.name.lastId > name.lastId && object.isReadable {
      let first = rest.after.first?.position
      let sharesId = first?.eventId == name.lastId
      var ordinal = 0
      if sharesId {
        let before = name.firstId == name.lastId ? name.ordinal : 0
        ordinal = before + batch.entries.count { $0.position.eventId == name.lastId }
      }
      let part = BatchName(
        firstId: sharesId ? name.lastId : name.lastId + 1, lastId: object.name.lastId,
        ordinal: ordinal, suffix: name.suffix)
      parts.append((first.map(S3Place.day) ?? S3Place.day(of: batch.last), part, rest.after))
    }
    return parts
  }

  private func put(
    _ lines: [ArchiveLine], _ object: BatchObject, day: String, _ name: BatchName
  ) async throws(SinkError) {
    let key = place.key(day: day, name)
    let first = lines.first?.position.flatMap { $0.eventId == name.firstId ? $0 : nil }
    let last = lines.last?.position.flatMap { $0.eventId == name.lastId ? $0 : nil }
    let description = BatchDescription(first: first, last: last, lineCount: lines.count)
    try await put(
      object.packed(lines), key, day, name, description, noting: [])
  }

  private func remove(_ day: String, _ name: BatchName) async throws(SinkError) {
    try await client.delete(place.key(day: day, name))
    heldDays.remove(name, day)
  }

  func setAside(_ key: String, removes: Bool) async throws(SinkError) {
    guard let aside = try await bucket.setAside(key, removes: removes) else { return }
    note("set aside \(key), which differs from the log: it is \(aside) now")
  }
}
