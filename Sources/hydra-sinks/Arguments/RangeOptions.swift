import ArgumentParser
import EventPersistence
import Wording

/// The two ends of a range of a log, both inclusive.
struct RangeOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Begin at this place, inclusive: an id, a time, start, or checkpoint.", valueName: "place"))
  var from: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "End at this place, inclusive: an id, a time, or checkpoint.", valueName: "place"))
  var through: String?

  func validate() throws {
    _ = try beginning
    _ = try ending
  }

  var beginning: ReplayRequest.Target? {
    get throws { try Self.target(from, "--from", allowsStart: true) }
  }

  var ending: ReplayRequest.Target? {
    get throws { try Self.target(through, "--through", allowsStart: false) }
  }

  private static func target(
    _ text: String?, _ option: String, allowsStart: Bool
  ) throws -> ReplayRequest.Target? {
    guard let text else { return nil }
    switch text {
    case "start" where allowsStart: return .start
    case "checkpoint": return .checkpoint
    default:
      switch LogPlace.parse(text) {
      case .id(let id): return .id(id)
      case .time(let time): return .time(time)
      case nil:
        throw ValidationError(
          "\(option): "
            + TimeText.expected(
              "\(allowsStart ? "start, " : "")checkpoint, \(LogPlace.expectation)", found: text)
            + "; found \"\(text)\".")
      }
    }
  }
}
