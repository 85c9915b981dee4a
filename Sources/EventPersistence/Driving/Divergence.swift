/// What is said about a checkpoint that the primary does not agree with.
enum Divergence {
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
      case .found, .before, .gap: "the checkpoint \(checkpoint) does not stand in the primary"
      }
    return found
      + ". The node lost events that this secondary has stored, and gave their ids anew. "
      + "The rewind that delivers the new ones: hydra-sinks replay \(name)."
  }

  static func sentence(of name: String, lost ids: ClosedRange<UInt64>) -> String {
    "the events \(ids.lowerBound) to \(ids.upperBound) after the checkpoint are in no log of the node any "
      + "more. Bring the archive back, or go on without them: hydra-sinks replay "
      + "\(name) --clamp."
  }
}
