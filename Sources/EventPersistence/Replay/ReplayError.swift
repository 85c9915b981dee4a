/// Why a replay was not planned, not executed or not cancelled.
public enum ReplayError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Not now: another replay is under way.
  case busy(String)
  /// Not in this form: it would skip events, or its events are lost.
  case refused(ReplayPlan)
  /// The plan that was agreed to has changed: here is the new one to confirm.
  case changed(ReplayPlan)
  /// There is no replay to cancel or to resume.
  case none(String)
  case source(SourceError)
  case sink(SinkError)
  case state(StateError)

  public var description: String {
    switch self {
    case .busy(let sentence), .none(let sentence): sentence
    case .refused(let plan): plan.refused ?? "refused"
    case .changed:
      "the checkpoint went back or another replay ended since this was planned: look at the new plan"
    case .source(let error): error.message
    case .sink(let error): error.message
    case .state(let error): error.message
    }
  }
}
