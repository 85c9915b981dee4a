import EventPersistence

/// An order of the user, by a key or by a word after `:`.
///
/// If a secondary's name is nil, the selected one is meant.
enum Order: Sendable, Hashable {
  case move(Move)
  case nextPanel, open, back, zoom
  case before, after
  /// Nil opens the line for typing the filter.
  case filter(String?)
  case commandLine, nextMatch, previousMatch
  case follow, freeze, reverseSort, copy
  /// Nil sorts by the next column.
  case sort(SecondaryTable.Sorting?)
  case goto(Start)
  case archives, tags, log, mark, jumpBack, mouse
  case faster, slower, redraw, help, quit, quitNow, suspend
  case interval(Duration)

  case openSecondary(name: String)
  case replay(name: String?, ReplayRequest)
  case cancel(name: String?, stay: Bool)
  /// Asks why and for how long, or whether to resume.
  case pauseOrResume
  case pause(name: String?, reason: String?, seconds: Double?, remind: Double? = nil)
  case resume(name: String?)
  case retry(name: String?)
  case drive(name: String?)
  case verify(name: String?)
}

/// A movement within rows.
enum Move: Sendable, Hashable {
  case up, down, pageUp, pageDown, halfUp, halfDown, first, last, wheelUp, wheelDown

  var isUpward: Bool {
    switch self {
    case .up, .pageUp, .halfUp, .first, .wheelUp: true
    case .down, .pageDown, .halfDown, .last, .wheelDown: false
    }
  }
}
