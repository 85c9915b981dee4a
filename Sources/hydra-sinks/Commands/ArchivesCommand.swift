import ArgumentParser
import Dashboard
import EventPersistence
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

  func run() async throws {
    let setup = try options.setup(directory: directory)
    setup.tell()
    let observation = try await setup.observer(setup.source()).look()
    let survey = observation.survey
    guard survey.state == .live || survey.state == .silent else {
      throw Refusal(
        survey.state == .missing ? .unknown : .error,
        survey.sentence ?? "\(observation.persistenceDir): the log is \(survey.state.rawValue)")
    }
    guard !survey.archives.isEmpty else {
      StandardOutput.line("no archives: the log was never rotated, or the node keeps none")
      return
    }
    let paint = Paint.standardOutput
    let reports = observation.secondaries.map(\.report)
    for line in Self.table(survey, reports).lines(paint) { StandardOutput.line(line) }
    let losses = reports.losses(among: survey.missing)
    for missing in survey.missing {
      let ids = "events \(missing.from) through \(missing.through)"
      StandardOutput.line(
        losses.contains(missing)
          ? paint.apply(.error, to: "✖ lost: \(ids)")
          : "no longer in the log: \(ids), which every secondary has stored")
    }
  }

  private static func table(_ survey: Survey, _ reports: [SecondaryReport]) -> Table {
    var table = Table(columns: [
      .init(title: "ARCHIVE", alignment: .left), .init(title: "FIRST", alignment: .right),
      .init(title: "LAST", alignment: .right), .init(title: "SIZE", alignment: .right),
      .init(title: "NEEDED BY", alignment: .left),
    ])
    for archive in survey.archives {
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
