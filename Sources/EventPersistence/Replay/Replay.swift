/// Delivering again on an operator's order: planned first, then executed.
///
/// The command line, the dashboard and the driver all come through here.
public struct Replay: Sendable {
  let configuration: SecondaryConfiguration
  let source: any EventSource
  let folder: SecondaryFolder
  let options: DriveOptions
  let requester: String

  /// - Parameter requester: who asks, as `user@host`, for the journal.
  public init(
    of configuration: SecondaryConfiguration, source: any EventSource, folder: SecondaryFolder,
    requester: String, options: DriveOptions = DriveOptions()
  ) {
    self.configuration = configuration
    self.source = source
    self.folder = folder
    self.requester = requester
    self.options = options
  }

  /// What `request` would do. Nothing is changed; a plan that may not be executed says why in `refused`.
  public func plan(_ request: ReplayRequest) async throws(ReplayError) -> ReplayPlan {
    throw .none("not yet")
  }

  /// Executes `request` and returns once it has ended, whoever drives.
  ///
  /// Where a driver holds the lock it is asked of it, and followed; where none does, or it is gone, this
  /// process takes the lock and drives. A cancelled task stops following, or stops driving at a batch's end
  /// and leaves the replay to be resumed; `cancel(stay:)` ends it.
  ///
  /// - Parameter expected: the id of the plan that was agreed to; nil: whatever the plan is now.
  public func execute(
    _ request: ReplayRequest, expecting expected: String? = nil,
    progress: @escaping @Sendable (ReplayProgress) -> Void = { _ in }
  ) async throws(ReplayError) -> ReplayResult { throw .none("not yet") }

  /// Goes on with the replay that stands in the folder: takes the lock if nobody has it, follows if not.
  public func resume(
    progress: @escaping @Sendable (ReplayProgress) -> Void = { _ in }
  ) async throws(ReplayError) -> ReplayResult { throw .none("not yet") }

  /// Stops the replay under way after the batch in hand, and returns once it has ended.
  ///
  /// The checkpoint of a rewind goes back to where it was, unless `stay`.
  public func cancel(stay: Bool = false) async throws(ReplayError) -> ReplayRecord {
    throw .none("not yet")
  }
}
