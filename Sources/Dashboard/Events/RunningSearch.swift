import EventPersistence
internal import SecondaryStatus
internal import Wording

/// A running search of the log.
struct RunningSearch: Sendable {
  var search: LogSearch
  var progress: SearchProgress?
  /// Whether to select the first match.
  var isJumping: Bool
  var found = 0
}

/// The search for the filter's matches: within the stream, and beyond it in the log.
extension Model {
  /// Goes to the match before or after the selected one, among the loaded rows, then by searching
  /// the log.
  mutating func nextMatchInStream(_ step: Int) -> [Command] {
    guard stream.filter != nil else {
      tell("no filter is set: / sets one", .info)
      return []
    }
    focus = .events
    let selected = stream.isFollowing ? stream.count - 1 : stream.scroll.selected
    if step < 0, selected <= 0 { return searchBack(isJumping: true) }
    if step > 0, selected >= stream.count - 1, !stream.isAttached { return searchForward() }
    return move(step > 0 ? .down : .up)
  }

  mutating func searchBack(isJumping: Bool) -> [Command] {
    guard let filter = stream.filter, searching == nil else { return [] }
    stream.dropThroughLastGap()
    guard let from = stream.searchStart else { return [] }
    if stream.isSearchedWhole || stream.atFirst {
      tell("no earlier match: the whole log before this event was searched", .info)
      return []
    }
    return search(.backward, from: from, filter, isJumping: isJumping)
  }

  private mutating func searchForward() -> [Command] {
    guard let filter = stream.filter, searching == nil, let last = stream.lastRow else { return [] }
    return search(.forward, from: last.position, filter, count: 1, isJumping: true)
  }

  private mutating func search(
    _ direction: LogSearch.Direction, from: Position, _ filter: Filter,
    count: Int = LogSearch.countMax, isJumping: Bool
  ) -> [Command] {
    searchCount += 1
    let search = LogSearch(
      id: searchCount, direction, from: from, count: count, filter: filter)
    searching = RunningSearch(search: search, isJumping: isJumping)
    return [.search(search)]
  }

  /// Ends the running search, if there is one.
  mutating func stopSearch() -> [Command] {
    guard searching != nil else { return [] }
    searching = nil
    return [.stopSearch]
  }

  mutating func take(_ progress: SearchProgress) {
    guard searching?.search.id == progress.id else { return }
    searching?.progress = progress
  }

  mutating func take(_ answer: SearchAnswer) -> [Command] {
    guard var running = searching, running.search.id == answer.id else { return [] }
    defer { if searching != nil { searching = running } }
    running.found += answer.rows.count
    if running.search.direction == .forward {
      if let row = answer.rows.first {
        searching = nil
        return jump(to: row.position)
      }
    } else {
      let count = stream.takeFound(answer)
      if running.isJumping, count > 0 {
        running.isJumping = false
        stream.isFollowing = false
        stream.scroll.selected = count - 1
      }
    }
    guard answer.isOver else { return [] }
    searching = nil
    if let error = answer.error {
      tell(error, .error)
    } else if answer.isAtEnd {
      let place = running.search.direction == .backward ? "the log's beginning" : "the head"
      let result = running.found == 0 ? "no match up to \(place)" : "searched to \(place)"
      let without = answer.unread.map { ", but not what cannot be read: \($0)" } ?? ""
      tell(result + without, running.found == 0 || answer.unread != nil ? .warning : .info)
    } else {
      let back = answer.through.map { ", back to \(Quantity.count($0.eventId))" } ?? ""
      tell("\(Quantity.count(UInt64(running.found))) matches\(back); N continues", .info)
    }
    return []
  }
}
