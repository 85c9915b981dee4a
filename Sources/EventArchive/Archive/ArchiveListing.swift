internal import Algorithms
internal import EventPersistence

/// An archive's objects in log order, and the lookup of an id in them.
///
/// It takes about a hundred bytes of memory per object.
package struct ArchiveListing: Sendable {
  /// Of the objects that begin with the same event: the longest, and any of the same length.
  let objects: [ArchiveObject]

  /// Objects shorter than another that begins with the same event: batches that grew leave them,
  /// and no reader uses them.
  let shorter: [ArchiveObject]

  init(_ found: [ArchiveObject]) {
    var objects: [ArchiveObject] = []
    var shorter: [ArchiveObject] = []
    objects.reserveCapacity(found.count)
    for object in found.sorted() {
      if let longest = objects.last, longest.firstId == object.firstId,
        longest.ordinal == object.ordinal, let end = object.lastId, let longestEnd = longest.lastId,
        end < longestEnd
      {
        shorter.append(object)
      } else {
        objects.append(object)
      }
    }
    self.objects = objects
    self.shorter = shorter
  }

  /// An event that the last object holds according to its name: the last one, if the name has it.
  var last: Position? {
    objects.last.map { Position(eventId: $0.lastId ?? $0.firstId) }
  }

  /// The first object that can hold an event of `id`: the one before those that begin at it or
  /// later, because events that share an id may be on both sides.
  func index(of id: UInt64) -> Int {
    max(0, objects.partitioningIndex { $0.firstId >= id } - 1)
  }

  /// The ids that the object at `index` can have: through its last one, or through the first of the
  /// next object that begins with another id.
  func span(at index: Int) -> ClosedRange<UInt64> {
    let object = objects[index]
    let next = objects[(index + 1)...].first { $0.firstId > object.firstId }
    let last = object.lastId ?? next?.firstId ?? .max
    return object.firstId...max(object.firstId, last)
  }
}
