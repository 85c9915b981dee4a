package import Dashboard
package import Terminal

/// The dashboard's loop: takes messages, gives commands, and draws frames at a limited rate.
package struct DashboardLoop {
  package let inbox: Inbox
  package let screen: Screen
  /// The model of the first frame.
  package let model: any ScreenModel

  private let clock = ContinuousClock()

  package init(inbox: Inbox, screen: Screen, model: any ScreenModel) {
    self.inbox = inbox
    self.screen = screen
    self.model = model
  }

  /// Runs until the user, a signal or the loss of the terminal ends it.
  ///
  /// - Parameter perform: carries out each command that is neither the screen's nor the loop's own.
  ///   It must not block; the tasks that it starts belong to `group`.
  package func run(
    _ group: inout DiscardingTaskGroup,
    perform: (Command, inout DiscardingTaskGroup) -> Void
  ) async -> WatchEnd {
    var model = model
    let began = clock.now
    var pace = FramePace(at: .zero)
    /// Whether there is input that no frame shows yet.
    var isAnswer = false
    /// When the postponed frame is due.
    var asked: Duration?
    var end: WatchEnd?

    func carryOut(_ command: Command, _ group: inout DiscardingTaskGroup) {
      switch command {
      case .quit(let replays): end = .quit(replays)
      case .screen(let command): screen.perform(command)
      default: perform(command, &group)
      }
    }

    for command in model.start() { carryOut(command, &group) }
    // The frame before the first look, so that a slow disk does not leave the screen empty.
    var shown = model.view()
    screen.show(shown)

    for await item in inbox.stream {
      switch item {
      case .frame: asked = nil
      case .copy(let text): screen.perform(.copy(text))
      case .ended(let reason): end = reason
      case .messages(let messages):
        for message in messages {
          for command in model.update(message) { carryOut(command, &group) }
        }
      case .input(let message):
        isAnswer = true
        for command in model.update(message) { carryOut(command, &group) }
      }
      if let end { return end }
      let now = clock.now - began
      let due = pace.due(isAnswer: isAnswer, at: now)
      if due <= now {
        let frame = model.view()
        // Only a new one wakes the screen's thread. Input can also be that the terminal was resized,
        // and shows nothing any more.
        if isAnswer || frame != shown { screen.show(frame) }
        shown = frame
        pace.draw(at: now)
        isAnswer = false
      } else if asked.map({ due < $0 }) ?? true {
        asked = due
        group.addTask {
          try? await clock.sleep(until: began + due)
          inbox.put(.frame)
        }
      }
    }
    return .terminated
  }
}
