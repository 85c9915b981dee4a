import EventPersistence

/// The JSON of the selected event beside the list, on a wide and tall terminal.
struct EventPreview: Sendable {
  /// What is shown: the last one that was read.
  var event: EventPage?
  /// The one that is being read.
  private var asked: Position?

  /// Asks for `selected`: one event at a time, however fast the selection moves.
  mutating func show(_ selected: Position?) -> [Command] {
    guard let selected else {
      event = nil
      return []
    }
    guard asked == nil, event?.position.agrees(with: selected) != true else { return [] }
    asked = selected
    return [.loadEvent(selected)]
  }

  /// - Parameter width: nil if the event is not to be shown any more.
  mutating func take(_ detail: EventDetail, width: Int?) {
    guard let asked, asked.agrees(with: detail.position) else { return }
    self.asked = nil
    guard let width else { return }
    event = EventPage(position: asked)
    event?.take(detail, width: width)
  }

  mutating func fail(_ why: String, at position: Position) {
    guard position == asked else { return }
    asked = nil
    event = EventPage(position: position)
    event?.fail(why, at: position)
  }
}

extension Model {
  /// Whether the user moves among the events: while they only pass, none is read.
  var isSelecting: Bool {
    guard case .overview = page, focus == .events else { return false }
    return !stream.isFollowing && selectedPosition != nil
  }

  mutating func updatePreview() -> [Command] {
    guard isSelecting, let rect = layout.preview else { return preview.show(nil) }
    preview.event?.setWidth(rect.width)
    return preview.show(selectedPosition)
  }
}

extension Drawing {
  mutating func drawPreview() {
    guard let panel = layout.preview, let event = model.preview.event else { return }
    draw(event, in: panel, isFocused: false)
  }
}
