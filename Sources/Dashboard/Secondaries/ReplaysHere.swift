import EventPersistence
internal import SecondaryStatus
internal import Wording

/// The replays that were ordered here, and those that end with this process.
extension Model {
  /// The dialog takes the answers that it waits for; the footer shows the rest.
  mutating func replayAnswered(_ message: Message) -> [Command] {
    let commands = updateDialog { $0.update(message) }
    switch message {
    case .replanned(let name, _) where commands == nil:
      tell("the replay of \(name) was not started: its plan changed", .warning)
    case .replayRefused(_, let why) where commands == nil: tell(why, .error)
    case .replayStarted(let name, _, let here):
      let wasHere = replaysHere.remove(name) != nil
      if here {
        replaysHere.insert(name)
        tell("replaying \(name)", .ok)
      } else if secondary(name)?.report.paused != nil || wasHere {
        tell("the replay of \(name) continues once \(name) is resumed", .warning)
      } else {
        tell("the driver of \(name) was asked to replay", .ok)
      }
    case .replayEnded(let name, let record):
      replaysHere.remove(name)
      tellEnd(name, record)
    default: break
    }
    return commands ?? []
  }

  private mutating func tellEnd(_ name: String, _ record: ReplayRecord) {
    let events = Quantity.count(record.delivered, "event")
    switch record.state {
    case .done: tell("the replay of \(name) is done: \(events) delivered", .ok)
    case .cancelled:
      let by = record.cancelledBy.map { " by \($0)" } ?? ""
      tell("the replay of \(name) was cancelled\(by) after \(events)", .warning)
    case .failed, .requested, .running:
      let why = record.error.map { ": \($0)" } ?? ""
      tell("the replay of \(name) ended after \(events)\(why)", .error)
    }
  }

  /// The secondaries whose replay ends with this process: ordered here, or run by a driver here.
  private var namesReplayingHere: [String] {
    let driven = (latest?.secondaries ?? []).filter {
      isDrivenHere($0.name) && $0.report.replay != nil
    }
    return replaysHere.union(driven.map(\.name)).sorted()
  }

  /// Asks what should happen to the replays that run here, if there is one that would be left.
  mutating func quit() -> [Command] {
    let names = settings.isDemo ? [] : namesReplayingHere
    dialog = names.isEmpty ? nil : .question(.quit(names))
    return names.isEmpty ? [.quit(.none)] : []
  }

  /// Asks anew if the replays changed that the question at quitting is about; once the last one has
  /// ended, nothing is left to ask.
  mutating func followQuestion() -> [Command] {
    guard case .question(let question) = dialog, let asked = question.replays,
      asked != namesReplayingHere
    else { return [] }
    return quit()
  }

  mutating func quitNow() -> [Command] { [.quit(namesReplayingHere.isEmpty ? .none : .leave)] }
}

extension Question {
  fileprivate static func quit(_ names: [String]) -> Question {
    let lines =
      names.count == 1
      ? [
        "The replay of \(names[0]) runs in this process.",
        "If you leave it, it waits for a driver or for replay --resume.",
        "If you cancel it, the checkpoint of a rewind goes back to where it was.",
      ]
      : [
        "The replays of \(names.joined(separator: ", ")) run in this process.",
        "If you leave them, they wait for a driver or for replay --resume.",
        "If you cancel them, the checkpoints of rewinds go back to where they were.",
      ]
    let them = names.count == 1 ? "it" : "them"
    var question = Question(
      title: "Quit", lines: lines,
      back: "Stay",
      answers: [
        ("Quit, leave \(them) to be resumed", .commands([.quit(.leave)])),
        ("Quit, cancel \(them)", .commands([.quit(.cancel(names: names))])),
      ])
    question.replays = names
    return question
  }
}
