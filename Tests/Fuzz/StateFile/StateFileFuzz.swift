import EventPersistence
import Fuzzing

@testable import HydraLog

private let folder = FuzzFolder()

/// Any bytes are a log: however it is read, the same events come, each of them an event, and none of its
/// bytes twice.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
  guard count > 0, let start else { return 0 }
  let acceptsBare = start.load(as: UInt8.self) % 2 == 0
  folder.write("state", UnsafeRawBufferPointer(start: start + 1, count: count - 1))
  let segment = FileSegment(
    directory: folder.path, name: "state", identity: folder.identity("state"),
    acceptsBare: acceptsBare, bareIndex: BareIndex(),
    longLines: LongLines())
  let events = all(segment, BatchLimits())
  precondition(events == all(segment, BatchLimits(events: 1)), "event by event there are others")
  precondition(events == all(segment, BatchLimits(bytes: 1)), "byte by byte there are others")
  let wrapping = events.count * 64
  precondition(events.reduce(0) { $0 + $1.json.count } <= count + wrapping, "bytes came twice")
  let ends: SegmentEnds
  do throws(SourceError) { ends = try segment.ends(knowing: nil) } catch {
    guard case .damaged = error.kind, events.isEmpty else {
      preconditionFailure("it has events, and its ends cannot be read: \(error)")
    }
    return 0
  }
  precondition(ends.first == events.first?.position)
  precondition(
    ends.isUncounted || ends.last == events.last?.position,
    "read backwards, the last event is another")
  let ids = events.map(\.eventId)
  if zip(ids, ids.dropFirst()).allSatisfy({ $0 < $1 }) {
    for event in events {
      let cursor = try! segment.locate(id: event.eventId)
      let found = try! segment.read(from: cursor, BatchLimits()).batch?.first
      precondition(found == event.position, "an id is not found")
    }
  }
  return 0
}

private func all(_ segment: FileSegment, _ limits: BatchLimits) -> [StateEvent] {
  var events: [StateEvent] = []
  var cursor = SegmentCursor.start
  while true {
    let read = try! segment.read(from: cursor, limits)
    guard let batch = read.batch else {
      precondition(read.cursor.place >= cursor.place)
      if read.torn.isEmpty || read.cursor.place == cursor.place { return events }
      cursor = read.cursor
      continue
    }
    precondition(batch.entries.count <= limits.events)
    for entry in batch.entries {
      precondition(batch.buffer.bytes[entry.offset + entry.length] == 0x0A)
      let range = entry.offset..<entry.offset + entry.length
      let position = EventScanner.withOne { $0.position(of: batch.buffer.bytes, range) }
      precondition(position == entry.position, "what came is not the event that it is said to be")
    }
    events += batch.entries.map(batch.event)
    cursor = read.cursor
  }
}
