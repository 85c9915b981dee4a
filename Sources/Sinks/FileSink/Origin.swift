import EventPersistence

/// `origin.json`: which of the held events are not as the node stored them.
struct Origin: JSONNote, Equatable {
  static let fileName = "origin.json"

  /// From this id on, JSON was made from another form (a CBOR row).
  var derivedFrom: UInt64?
  /// Through this id, lines had no id in the log and were wrapped with one.
  var bareThrough: UInt64?

  /// The note with the origin of these events added.
  func noting(_ entries: some BidirectionalCollection<EventBatch.Entry>) -> Origin {
    var noted = self
    if let derived = entries.first(where: \.isDerived)?.position.eventId {
      noted.derivedFrom = min(derivedFrom ?? derived, derived)
    }
    if let bare = entries.last(where: \.isWrapped)?.position.eventId {
      noted.bareThrough = max(bareThrough ?? bare, bare)
    }
    return noted
  }
}
