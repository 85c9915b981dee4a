import ArgumentParser
import Dashboard
import EventArchive
import EventPersistence
import Foundation
import HydraLog
import Setup
import Synchronization
import Wording

/// `restore NAME DIR`: writes a persistence directory from an archive.
struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Write a persistence directory, from which a node can start, from an archive.",
    discussion: """
      For kind file, s3 and jetstream. DIR must not exist, or must be empty. The log appears in it only when \
      it is complete. Events are written byte for byte as the node stored them, rotated where the \
      node rotated. An archive of only a part of the events, or with a hole, is refused, with the \
      reason. It prints the last point of the chain that the events name: a node that has lost its \
      persistence can start again from there, with its option --start-chain-from.
      """)

  @OptionGroup var secondary: SecondaryOptions

  @Argument(help: "The folder to write.")
  var directory: String

  @Option(
    help: ArgumentHelp(
      "state, sqlite-json or sqlite-cbor. Default: what the events were archived from, else state.",
      valueName: "format"))
  var format: String?
  @Option(
    help: ArgumentHelp("The last id; events that share it are included.", valueName: "id"),
    transform: LogPlace.id)
  var through: UInt64?
  @Option(
    help: ArgumentHelp(
      "Which of the node's logs, where it began anew. Default: the newest.", valueName: "n"),
    transform: LogPlace.generation)
  var generation: Int?

  @Option(
    help: ArgumentHelp(
      "Whose the folder and its files are then, such as the node's user; only root can give them "
        + "away.", valueName: "user"))
  var owner: String?

  func validate() throws {
    if let format, Restoration.Format(rawValue: format) == nil {
      let known = Restoration.Format.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--format: expected one of \(known), found \"\(format)\".")
    }
  }

  func run() async throws {
    let (setup, name) = try secondary.open()
    let owner = try owner.map(FileOwner.init)
    let archive = try await setup.archive(named: name, generation: generation)
    let target = FilePaths.absolute(directory)
    if FilePaths.lies(target, in: setup.state.path) {
      throw Refusal(.error, "\(target) is in the state directory: choose another folder")
    }
    let manifest = try await archive.manifest()
    let source = ArchiveSource(archive)
    // An archive tells a CBOR log, and tells nothing of those in JSON.
    let isDatabase = manifest.derivedFrom != nil || setup.logIsDatabase()
    let format = self.format.map { Restoration.Format(rawValue: $0) } ?? (isDatabase ? nil : .state)
    let restoration = Restoration(
      source, manifest, to: target, format: format, through: through)
    let bar = Mutex(ProgressBar(name))
    let last = through == nil ? await source.survey().head?.eventId : through
    let result = try await Interrupts.cancelling {
      defer { bar.withLock { $0.clear() } }
      return try await restoration.run { progress in
        bar.withLock { $0.show(progress, through: last) }
      }
    }
    try owner?.take(target)
    let rotations =
      switch result.rotations {
      case 0: ""
      case 1: ", rotated once"
      default: ", rotated \(result.rotations) times"
      }
    let json = result.jsonThrough.map { ", the logs rotated through \($0) as sqlite-json" } ?? ""
    StandardOutput.line(
      Visible.text(
        "\(target): \(Quantity.count(result.events, "event")) as "
          + "\(result.format.rawValue), through \(result.last)\(rotations)\(json)"))
    StandardOutput.line(
      result.chainPoint.map { "the last point of the chain in it: --start-chain-from \($0)" }
        ?? "none of its events names a point of the chain")
  }
}

extension ProgressBar {
  fileprivate mutating func show(_ progress: Restoration.Progress, through last: UInt64?) {
    let (id, note) =
      switch progress {
      case .written(let id): (id, "")
      case .readBack(let id): (id, "reading it back")
      }
    show(done: id + 1, of: last.map { $0 + 1 }, note: note)
  }
}

extension Setup {
  /// Whether the node's log is a database, now or when it was last read; false if it is not known.
  func logIsDatabase() -> Bool {
    if let directory = knownPersistenceDir,
      let format = PersistenceDirectory(path: directory).surveyNow().format
    {
      return format.isDatabase
    }
    let files = (try? state.readPrimary(PrimaryRecord.self))?.files ?? []
    return files.contains { $0.path.hasSuffix(".db") }
  }
}
