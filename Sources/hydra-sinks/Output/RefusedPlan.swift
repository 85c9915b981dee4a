import EventPersistence

/// The document of `replay --json` if it is refused before there is a plan: the same keys, with
/// null for what is not known.
struct RefusedPlan: Encodable {
  var secondary: String
  var kind: ReplayRecord.Kind?
  var refused: String
  var exitCode: Int32
  /// Whether it was to be executed: the keys of the result are then null too.
  var isExecuted: Bool

  private enum Key: String, CodingKey, CaseIterable {
    case plan, checkpoint, from, through, generation, lost, events, alreadyStored, bytes, parts
    case firstTime, lastTime
    case clockSteps, estimatedSeconds, standingError
    case delivered, state, error
    case secondary, kind, refused, exitCode
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for key in Key.allCases {
      switch key {
      case .secondary: try container.encode(secondary, forKey: key)
      case .kind: try container.encode(kind, forKey: key)
      case .refused: try container.encode(refused, forKey: key)
      case .exitCode: try container.encode(exitCode, forKey: key)
      case .delivered, .state, .error:
        if isExecuted { try container.encodeNil(forKey: key) }
      default: try container.encodeNil(forKey: key)
      }
    }
  }
}
