/// The messages about a checkpoint that the primary does not agree with.
package enum Divergence {
  static func sentence(of name: String, _ position: Position?, _ match: PositionStatus.Match)
    -> String
  {
    let checkpoint = position.map(\.description) ?? "(none)"
    let found =
      switch match {
      case .differs(let other):
        "the primary has another event at the checkpoint \(checkpoint): \(other)"
          + (other.time.map { " of \($0)" } ?? "")
          + (position?.time.map { " where the secondary stored one of \($0)" } ?? "")
      case .absent:
        "the primary has no event at the checkpoint \(checkpoint), though it has later ones"
      case .ahead: "the checkpoint \(checkpoint) is beyond the primary's head"
      case .found, .before, .gap: "the checkpoint \(checkpoint) is not in the primary"
      }
    return found
      + ". The node lost events that this secondary has stored, and reused their ids. "
      + "To plan the rewind that delivers the new ones: hydra-sinks replay \(name)"
  }

  package static func sentence(ofNewLogFor name: String, _ generation: Int) -> String {
    "the primary is another log than the one that this secondary has stored: they agree on no "
      + "event. What is stored stays as it is, as generation \(generation). To begin generation "
      + "\(generation + 1) with the first event of the new log: hydra-sinks replay \(name)"
  }

  static func events(_ ids: ClosedRange<UInt64>) -> String {
    ids.count == 1
      ? "the event \(ids.lowerBound)" : "the events \(ids.lowerBound) to \(ids.upperBound)"
  }

  static func sentence(of name: String, lost ids: ClosedRange<UInt64>, history: String?) -> String {
    "\(holders(history)) \(events(ids)) after the "
      + "checkpoint. Bring the archive back, or continue after the gap: "
      + "hydra-sinks replay \(name) --clamp"
  }

  /// The beginning of a sentence about lost events.
  ///
  /// - Parameter history: the name of the archive that does not have them either; nil: there is none.
  static func holders(_ history: String?) -> String {
    history.map { "neither a log of the node nor its history \($0) has" }
      ?? "no log of the node has"
  }
}

extension SourceError {
  /// This error, with the order that continues after the damage, if that can be read.
  func offering(_ name: String) -> SourceError {
    guard case .damaged(let next?) = kind else { return self }
    return SourceError(
      kind,
      "\(message) Or continue after the damage, at \(next): hydra-sinks replay \(name) --clamp.")
  }
}
