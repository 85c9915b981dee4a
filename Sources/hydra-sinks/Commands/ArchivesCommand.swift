import ArgumentParser
import Dashboard
import EventArchive
import EventPersistence
import HydraLog
import SecondaryStatus
import Setup
import Wording

/// `archives [DIR]`: the node's rotated logs, and which secondaries still need them.
struct ArchivesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archives",
    abstract:
      "List the node's rotated logs: ids, sizes, who still needs each, which may be deleted.")

  @OptionGroup var options: SetupOptions

  @Argument(help: ArgumentHelp("The node's persistence directory.", valueName: "dir"))
  var directory: String?

  @Flag(help: "Print the paths of those that may be deleted, one on each line, and nothing else.")
  var deletable = false
  @Flag(name: .customShort("0"), help: "End each path with a zero byte, for xargs -0.")
  var null = false
  @Option(
    help: ArgumentHelp(
      "With --deletable: first verify that this secondary holds them.", valueName: "name"))
  var verifyWith: String?

  func validate() throws {
    if !deletable, null || verifyWith != nil {
      throw ValidationError("-0 and --verify-with: expected together with --deletable.")
    }
  }

  func run() async throws {
    let setup = try options.setup(directory: directory)
    setup.tell()
    let source = try setup.source()
    let observation = try await setup.observer(source).look()
    let survey = observation.survey
    guard survey.state == .live || survey.state == .silent else {
      throw Refusal(
        survey.state == .missing ? .unknown : .error,
        survey.sentence ?? "\(observation.persistenceDir): the log is \(survey.state.rawValue)")
    }
    let migrated = try await source.migrated()
    if deletable { return try await printDeletable(observation, migrated, of: setup) }
    let archives = survey.archives + [migrated].compactMap { $0 }
    guard !archives.isEmpty else {
      StandardOutput.line("no archives: the log was never rotated, or the node keeps none")
      return
    }
    let paint = Paint.standardOutput
    let reports = observation.secondaries.map(\.report)
    for line in Self.table(archives, reports).lines(paint) { StandardOutput.line(line) }
    let losses = reports.losses(among: survey.missing)
    for missing in survey.missing {
      let ids = "events \(missing.from) through \(missing.through)"
      StandardOutput.line(
        losses.contains(missing)
          ? paint.apply(.error, to: "✖ lost: \(ids)")
          : "no longer in the log: \(ids), which every secondary has stored")
    }
  }

  private func printDeletable(
    _ observation: Observation, _ migrated: Survey.Archive?, of setup: Setup
  ) async throws {
    let found = DeletableArchives(
      observation, setup.configuration.secondaries, migrated: migrated)
    for reason in found.reasons { StandardError.say("not all may be deleted: \(reason)") }
    guard let ids = found.ids else { return }
    if let verifyWith {
      let (_, name) = try options.setup(of: verifyWith)
      let run = VerifyRun(
        setup: setup, name: name, from: .id(ids.lowerBound), through: .id(ids.upperBound))
      let report = try await Interrupts.cancelling { try await run.run { _ in } }
      guard report.verdict == .whole else {
        throw Refusal(
          report.verdict == .differs ? .error : .unknown,
          "\(verifyWith) could not be shown to hold the events \(ids.lowerBound) through "
            + "\(ids.upperBound): hydra-sinks verify \(verifyWith) says why. Delete nothing")
      }
    }
    let end = null ? "\0" : "\n"
    for archive in found.archives {
      StandardOutput.write("\(observation.persistenceDir)/\(archive.path)\(end)")
    }
  }

  private static func table(_ archives: [Survey.Archive], _ reports: [SecondaryReport]) -> Table {
    var table = Table(columns: [
      .init(title: "ARCHIVE", alignment: .left), .init(title: "FIRST", alignment: .right),
      .init(title: "LAST", alignment: .right), .init(title: "SIZE", alignment: .right),
      .init(title: "NEEDED BY", alignment: .left),
    ])
    for archive in archives {
      let need = ArchiveNeed(archive, reports)
      table.rows.append([
        .init(text: Visible.text(archive.path)),
        .init(text: archive.firstEventId.map { Quantity.count($0) } ?? Quantity.unknown),
        .init(text: archive.lastEventId.map { Quantity.count($0) } ?? Quantity.unknown),
        .init(text: Quantity.bytes(archive.bytes)),
        .init(text: Visible.text(need.sentence), ink: need.ink),
      ])
    }
    return table
  }
}

extension ArchiveNeed {
  var ink: Paint.Ink { mayBeDeleted ? .good : .plain }
}
