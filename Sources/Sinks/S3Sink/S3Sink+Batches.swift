internal import EventArchive
import Compression
import EventPersistence
import Foundation

extension S3Sink {
  /// Stores a batch as one object, and sees to it that no other holds events of it.
  ///
  /// Most often nothing of it is held, and the object is put. Else what is held is looked at:
  ///
  /// * the same object is not put again;
  /// * a shorter one with the same first event goes once the longer one is there, if that has all of it;
  /// * the node's own JSON stays, where the same event comes in another form;
  /// * an object that begins before the batch, because the log began earlier then or its batches ended
  ///   elsewhere, is cut at the batch's first event, and one that ends behind it at its last;
  /// * whatever has a line that none of the objects has any more is set aside first.
  func putObject(of batch: EventBatch) async throws(SinkError) {
    let run = batch.run ?? BatchRun(first: batch.first, isComplete: false)
    let object = BatchObject(content: options.content, compression: options.compression)
    let name = BatchName(run, last: batch.last, suffix: options.compression.suffix)
    let day = S3Place.day(of: run.first)
    let key = place.key(day: day, name)
    let held = try await overlapping(name, days: [day, S3Place.day(of: batch.last)], run, batch)
    // Its own shorter form, put by this driver a moment ago: nothing else can be in there.
    if held.allSatisfy({ place.key(day: $0.day, $0.name) == lastOwnKey && $0.name != name }) {
      try await put(
        object.bytes(of: batch), key, day, name, BatchDescription(batch, run, batch.entries.count),
        noting: batch.entries)
      for (day, name) in held { try await remove(day, name) }
      lastOwnKey = key
      return
    }
    lastOwnKey = nil
    let packed = object.bytes(of: batch)
    let description = BatchDescription(batch, run, batch.entries.count)
    if held.count == 1, held[0].name == name, held[0].day == day,
      try await client.isStored(packed, key, described: description.metadata)
    {
      return
    }
    var objects: [HeldObject] = []
    for (day, name) in held { objects.append(try await HeldObject(bucket, day: day, name: name)) }
    try await put(batch, run, object, name, day: day, over: objects)
  }

  private func put(
    _ bytes: [UInt8], _ key: String, _ day: String, _ name: BatchName,
    _ description: BatchDescription,
    noting entries: some Collection<EventBatch.Entry>
  ) async throws(SinkError) {
    // Before the events: what stands there is never taken for more than it is.
    try await note(entries)
    try await client.put(
      bytes, key: key,
      contentType: BatchObject(content: options.content, compression: options.compression)
        .contentType,
      metadata: description.metadata)
    counted(key, bytes.count)
    heldDays.insert(name, day)
  }

  // MARK: - What is held of it

  /// The objects that hold events of the batch `name`, or may: by the listings of its days and, where a drive
  /// begins, of the day before them that has any.
  private func overlapping(_ name: BatchName, days: [String], _ run: BatchRun, _ batch: EventBatch)
    async throws(SinkError) -> [(day: String, name: BatchName)]
  {
    var days = days.count == 2 && days[0] == days[1] ? [days[0]] : days
    if !isSettled {
      if let highest = highestId, name.firstId <= highest {
        // What comes behind this batch begins behind it, too: once is enough.
        let before = try await bucket.listing.day(before: days[0])
        if let before { days.append(before) }
      }
    }
    heldDays = try await heldDays.of(days, bucket.listing)
    let sharedIds = batch.entries.count { $0.position.eventId == name.lastId }
    var found: [(day: String, name: BatchName)] = []
    for day in days {
      for other in (heldDays.names[day] ?? []).sorted() {
        let isLonger =
          (other.firstId, other.ordinal) == (name.firstId, name.ordinal) && other.lastId > name.lastId
        // As long as the batch may grow, a longer one is what it grows to; readers take that.
        if isLonger, !run.isComplete { continue }
        if other == name && day == days[0] || other.reachesInto(name)
          || other.begins(within: name, sharedIds: sharedIds)
        {
          found.append((day, other))
        }
      }
    }
    return found
  }

  // MARK: - Writing anew

  private func put(
    _ batch: EventBatch, _ run: BatchRun, _ object: BatchObject, _ name: BatchName, day: String,
    over objects: [HeldObject]
  ) async throws(SinkError) {
    let own = object.lines(of: batch)
    let ends = batch.entries.filter {
      $0.position.eventId == name.firstId || $0.position.eventId == name.lastId
    }.map(\.position)
    func isOwn(_ position: Position) -> Bool { ends.contains { $0.agrees(with: position) } }
    // What of each object lies outside of the batch, and stays on its own.
    var parts: [(day: String, name: BatchName, lines: [BatchMerge.Line])] = []
    var within: [BatchMerge.Line] = []
    var stays: Set<String> = []
    for held in objects {
      var (before, own, behind) = held.lines(around: name.firstId...name.lastId, isOwn: isOwn)
      if run.endsId {
        // No twin of the last event follows: what would be one is none of the log's.
        let end = behind.firstIndex { $0.position!.eventId > name.lastId } ?? behind.endIndex
        own += behind[..<end]
        behind.removeFirst(end)
      }
      within += own
      if (held.name.firstId, held.name.ordinal) == (name.firstId, name.ordinal) {
        within += before
      } else if held.name.reachesInto(name) {
        guard before.count < held.lines.count else {
          // It only ends with a twin of the batch's first event.
          stays.insert(held.key)
          continue
        }
        var part = held.name
        part.lastId =
          before.last?.position?.eventId == name.firstId || run.ordinal > 0
          ? name.firstId : name.firstId - 1
        if !before.isEmpty || held.isReadable { parts.append((held.day, part, before)) }
      }
      if !behind.isEmpty || held.name.lastId > name.lastId && held.isReadable {
        let first = behind.first?.position
        let sharesId = first?.eventId == name.lastId
        let part = BatchName(
          firstId: sharesId ? name.lastId : name.lastId + 1, lastId: held.name.lastId,
          ordinal: sharesId ? ends.count { $0.eventId == name.lastId } : 0, suffix: name.suffix)
        parts.append((first.map(S3Place.day) ?? S3Place.day(of: batch.last), part, behind))
      }
    }
    let merge = BatchMerge(batch, own: own, held: within)
    let kept = Set(merge.lines + parts.flatMap { $0.lines.map(\.bytes) })
    let key = place.key(day: day, name)
    // The one whose place the new object takes goes aside before it, the others behind it: at each moment
    // all events are there.
    for held in objects where held.key == key && loses(held, to: kept) {
      try await setAside(held.key, removes: false)
    }
    for part in parts { try await put(part.lines, object, day: part.day, part.name) }
    let bytes = object.packed(merge.lines)
    let description = BatchDescription(batch, run, merge.lines.count)
    if try await !client.isStored(bytes, key, described: description.metadata) {
      try await put(bytes, key, day, name, description, noting: merge.taken)
    }
    let written = Set(parts.map { place.key(day: $0.day, $0.name) } + [key]).union(stays)
    for held in objects where !written.contains(held.key) {
      let isShorter = (held.name.firstId, held.name.ordinal) == (name.firstId, name.ordinal)
      if isShorter, held.name.lastId < name.lastId, !loses(held, to: kept) {
        try await remove(held.day, held.name)
      } else {
        try await setAside(held.key, removes: true)
        heldDays.remove(held.name, held.day)
      }
    }
  }

  private func loses(_ held: HeldObject, to kept: Set<ArraySlice<UInt8>>) -> Bool {
    if !held.isReadable { return true }
    // A line that was cut off in its midst is one that nobody has.
    return !held.lines.allSatisfy { kept.contains($0.bytes) }
  }

  private func put(
    _ lines: [BatchMerge.Line], _ object: BatchObject, day: String, _ name: BatchName
  ) async throws(SinkError) {
    let key = place.key(day: day, name)
    let first = lines.first?.position.flatMap { $0.eventId == name.firstId ? $0 : nil }
    let last = lines.last?.position.flatMap { $0.eventId == name.lastId ? $0 : nil }
    let description = BatchDescription(first: first, last: last, lineCount: lines.count)
    try await put(
      object.packed(lines.map(\.bytes)), key, day, name, description, noting: [])
  }

  private func remove(_ day: String, _ name: BatchName) async throws(SinkError) {
    try await client.delete(place.key(day: day, name))
    heldDays.remove(name, day)
  }

  func setAside(_ key: String, removes: Bool) async throws(SinkError) {
    guard let aside = try await bucket.setAside(key, removes: removes) else { return }
    note("set aside \(key), which holds something else than the log: it is \(aside) now")
  }
}
