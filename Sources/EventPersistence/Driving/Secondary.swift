/// A sink with a checkpoint: the one loop from the source to the sink to the checkpoint.
public actor Secondary {
  public nonisolated let configuration: SecondaryConfiguration
  public nonisolated let folder: SecondaryFolder
  let source: any EventSource
  let options: DriveOptions

  public init(
    _ configuration: SecondaryConfiguration, source: any EventSource, folder: SecondaryFolder,
    options: DriveOptions = DriveOptions()
  ) {
    self.configuration = configuration
    self.source = source
    self.folder = folder
    self.options = options
  }

  public nonisolated var name: String { configuration.name }

  /// Drives until `goal` is reached; a cancelled task ends it at a batch's end.
  public nonisolated func run(until goal: DriveGoal = .cancelled) async -> DriveEnd { .cancelled }
}
