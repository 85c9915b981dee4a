public import EventPersistence

/// What the dashboard asks of the program around it. Each is answered by a message, success and failure
/// alike, but for those that say otherwise.
public indirect enum Command: Sendable, Hashable {
  /// End now. Where a replay runs in this process: what is to become of it.
  case quit(ReplayAtQuit)
  /// Poll this often from now on; no answer.
  case setInterval(Duration)
  /// What the terminal does; no answer.
  case screen(ScreenCommand)
  /// Copy the JSON of an event, as stored; answered by `done` or `failed`.
  case copyEvent(Position)

  /// Rows of the log: answered by `loaded` or `loadFailed`. A later request makes an earlier one moot.
  case load(LoadRequest)
  /// Answered by `event` or `eventFailed`, and then by `headAt`.
  case loadEvent(Position)
  /// Search the log itself, in the background; answered by `searching` and `found`, the last of which says
  /// that it is over. A later search ends an earlier one.
  case search(LogSearch)
  /// End the search under way; no answer.
  case stopSearch

  /// Answered by `history` or `historyFailed`.
  case loadHistory(name: String)

  /// Answered by `planned` or `planFailed`.
  case plan(name: String, ReplayRequest)
  /// Answered by `replayStarted` and in the end `replayEnded`, or `replanned`, or `replayRefused`.
  case execute(name: String, ReplayPlan, ReplayRequest)

  /// Take over the replay that nobody drives; answered as `execute` is.
  case resumeReplay(name: String)

  // Answered by `done` or `failed`.
  case cancelReplay(name: String, stay: Bool)
  /// `seconds`: after how long the pause is a warning.
  case pause(name: String, reason: String?, seconds: Double?)
  case resume(name: String)
  case retry(name: String)
  /// Drive it from this process for as long as it runs.
  case drive(name: String)

  /// Compare all that it holds with the log; answered by `verifying`, a few a second, and `verified`.
  case verify(name: String)
  /// End that before its end; it is answered by `verified` all the same.
  case stopVerifying(name: String)

  // Of several nodes.
  /// What one node's dashboard asks for.
  case node(String, Command)
  /// The node that is looked at closely from now on; none where the first view is. No answer.
  case enterNode(String?)
}

/// What a terminal can be asked for besides showing a grid.
public enum ScreenCommand: Sendable, Hashable {
  /// Put text on the clipboard of the terminal's user (OSC 52). The text is as stored: it is encoded.
  case copy(String)
  /// Name the window. Foreign text is to be made visible before.
  case title(String)
  case bell
  /// Send the whole screen again, for when another program wrote on it.
  case redraw
  /// Take the mouse, or leave it to the terminal, where it selects text.
  case mouse(Bool)
  /// Stop the process as the shell's Ctrl-Z does.
  case suspend
}

/// What becomes of the replays that run in this process when it ends.
public enum ReplayAtQuit: Sendable, Hashable {
  /// None runs here.
  case none
  /// Finish the batch and leave them to be resumed by the next driver.
  case leave
  /// Cancel those of these secondaries, which puts the checkpoint of a rewind back.
  case cancel(names: [String])
}

/// Which rows of the log are asked for.
public enum LoadRequest: Sendable, Hashable {
  /// The last `count` rows; new ones then arrive as they come.
  case tail(count: Int)
  /// The `count` rows before `position`.
  case older(than: Position, count: Int)
  /// The `count` rows after `position`.
  case newer(than: Position, count: Int)
  /// Rows around a place, the first at or after it among them.
  case around(Start, count: Int)
}
