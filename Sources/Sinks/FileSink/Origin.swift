import EventPersistence

/// `origin.json`: which of the events held are not as the node stored them.
struct Origin: JSONNote, Equatable {
  static let fileName = "origin.json"

  /// From this id on, JSON was made out of another form (a CBOR row).
  var derivedFrom: UInt64?
  /// Through this id, lines had no id in the log, and were wrapped with it.
  var bareThrough: UInt64?

  /// The same with what is to be known of these events.
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
