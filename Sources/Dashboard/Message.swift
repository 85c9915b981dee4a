package import EventPersistence

/// Everything that can happen to a dashboard. The dashboard has no clock and reads nothing: times
/// and data arrive here.
package indirect enum Message: Sendable, Hashable {
  // From the terminal.
  case key(Key)
  /// A bracketed paste, with line feeds for line ends: text for the line being edited, never keys.
  case pasted(String)
  case mouse(MouseEvent)
  case resized(width: Int, height: Int)

  /// The wall clock, at least once a second, so that old data is shown as old.
  case tick(EventTime)

  // From polling.
  /// One look at the primary and the secondaries.
  case observed(Observed)
  /// The configuration in use, or what is wrong with it: for the first-minute screens.
  case configured(ConfigurationNote)

  // From the log.
  /// New events after those that came before, in log order. At high rates `rows` are a sample of the
  /// newest, and `left` counts those between the last message and these that are not among them.
  case arrived([EventRow], left: UInt64)
  /// The answer to `loadTail`, `loadOlder`, `loadNewer`, `loadAround`.
  case loaded(LoadedRows)
  case loadFailed(LoadRequest, String)
  case event(EventDetail)
  /// The Hydra Head after the event at this position, in one line; nil if the log does not tell.
  case headAt(Position, String?)
  case eventFailed(Position, String)

  /// How far a search has come; at most a few a second.
  case searching(SearchProgress)
  /// What a search has found since the last of these.
  case found(SearchAnswer)

  /// How far a count of the tags has come; at most a few a second, the last at its end.
  case counted(TagCount)

  // From the state directory.
  case history(SecondaryHistory)
  case historyFailed(name: String, String)

  // Answers to orders.
  case planned(name: String, ReplayRequest, ReplayPlan)
  case planFailed(name: String, ReplayRequest, String)
  /// The replay was created; `here`: this process executes it, and quitting would end it.
  case replayStarted(name: String, id: String, here: Bool)
  /// The expected plan is no longer the plan: what it is now.
  case replanned(name: String, ReplayPlan)
  case replayRefused(name: String, String)
  /// It ended: its record, the result read back.
  case replayEnded(name: String, ReplayRecord)
  /// How far a verification has come; nil if the total is not known.
  case verifying(name: String, share: Double?, faults: UInt64)
  case verified(name: String, VerifyAnswer)
  /// An order (cancel, pause, resume, retry, drive) was carried out or refused, as the sentence
  /// says.
  case done(String)
  case failed(String)

  // Of several nodes.
  /// A message for one node.
  case node(String, Message)
  /// A look at a node, for the first view.
  case nodeSeen(NodeRow)
}
