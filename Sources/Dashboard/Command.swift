package import EventPersistence

/// What the dashboard asks of its host. Each is answered by a message, on success and on failure,
/// unless it says otherwise.
package indirect enum Command: Sendable, Hashable {
  /// End now, with what happens to replays that run in this process.
  case quit(ReplayAtQuit)
  /// Poll this often from now on; no answer.
  case setInterval(Duration)
  /// Use the terminal; no answer.
  case screen(ScreenCommand)
  /// Copy the JSON of an event, as stored; answered by `done` or `failed`.
  case copyEvent(Position)

  /// Load rows of the log: answered by `loaded` or `loadFailed`. A later request replaces an
  /// earlier one.
  case load(LoadRequest)
  /// Answered by `event` or `eventFailed`, and then by `headAt`.
  case loadEvent(Position)
  /// Search the log itself, in the background; answered by `searching` and `found`. The last
  /// `found` says that the search is over. A later search ends an earlier one.
  case search(LogSearch)
  /// End the running search; no answer.
  case stopSearch

  /// Count the log's tags, in the background, on from where the last count ended; answered by
  /// `counted`.
  case countTags
  /// End that count; no answer.
  case stopCounting

  /// Answered by `history` or `historyFailed`.
  case loadHistory(name: String)

  /// Answered by `planned` or `planFailed`.
  case plan(name: String, ReplayRequest)
  /// Answered by `replayStarted` and in the end `replayEnded`, or `replanned`, or `replayRefused`.
  case execute(name: String, ReplayPlan, ReplayRequest)

  /// Take over the replay that lost its driver; answered as `execute` is.
  case resumeReplay(name: String)

  // Answered by `done` or `failed`.
  case cancelReplay(name: String, stay: Bool)
  /// `seconds`: after how long its driver resumes it; `remind`: after how long it is a warning.
  case pause(name: String, reason: String?, seconds: Double?, remind: Double? = nil)
  case resume(name: String)
  case retry(name: String)
  /// Drive it in this process for as long as the process runs.
  case drive(name: String)

  /// Compare everything that it holds with the log; answered by `verifying`, a few a second, and
  /// `verified`.
  case verify(name: String)
  /// Stop that comparison; it is still answered by `verified`.
  case stopVerifying(name: String)

  // Of several nodes.
  /// What one node's dashboard asks for.
  case node(String, Command)
  /// The node to poll closely from now on; nil for the first view. No answer.
  case enterNode(String?)
}

/// What a terminal can do besides showing a grid.
package enum ScreenCommand: Sendable, Hashable {
  /// Put text on the clipboard of the terminal's user (OSC 52). The text is as stored: it is encoded.
  case copy(String)
  /// Name the window. The caller must make foreign text visible first.
  case title(String)
  case bell
  /// Send the whole screen again, in case another program wrote on it.
  case redraw
  /// Use the mouse, or leave it to the terminal, where it selects text.
  case mouse(Bool)
  /// Stop the process as the shell's Ctrl-Z does.
  case suspend
}

/// What happens to the replays in this process when it ends.
package enum ReplayAtQuit: Sendable, Hashable {
  /// None runs in this process.
  case none
  /// Finish the batch and leave them for the next driver to resume.
  case leave
  /// Cancel the replays of these secondaries, which restores the checkpoint of a rewind.
  case cancel(names: [String])
}

/// Which rows of the log to load.
package enum LoadRequest: Sendable, Hashable {
  /// The last `count` rows; later rows then arrive as they are written.
  case tail(count: Int)
  /// The `count` rows before `position`.
  case older(than: Position, count: Int)
  /// The `count` rows after `position`.
  case newer(than: Position, count: Int)
  /// Rows around a place, the first at or after it among them.
  case around(Start, count: Int)
}
