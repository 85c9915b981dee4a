import EventPersistence
import Foundation
import Loopback
import MotoServer
import NATSServer
import SimulatedNode
import Testing

/// A folder in which the commands of a page are run: `/var/lib/…` and `/srv/…` lie within it, and simulated
/// nodes have written there.
struct GuideStage {
  let folder: CLIFolder
  private let page: GuidePage
  private let port: Int
  private let moto: MotoServer?
  /// The bucket in place of `hydra-events`.
  private let bucket: String?
  /// In place of `127.0.0.1:4222`.
  private let nats: NATSServer?

  init(for page: GuidePage) async throws {
    self.page = page
    folder = try CLIFolder()
    port = try Loopback.freePort()
    moto = MotoServer.isInstalled ? try MotoServer.shared.get() : nil
    bucket = page.text.contains("hydra-events") ? try moto?.makeBucket() : nil
    let needsNATS = NATSServer.isInstalled && page.text.contains("127.0.0.1:4222")
    nats = needsNATS ? try NATSServer() : nil
    try await simulate()
    try installPrograms()
    if !page.blocks.contains(where: { $0.purpose == "in-effect" }) {
      try configure(Self.configuration)
    }
  }

  /// The configuration of a page that shows none of its own.
  private static let configuration = """
    persistence-dir: /var/lib/hydra
    state-dir: /var/lib/hydra-sinks
    secondaries:
      - { name: archive, kind: file, path: /srv/hydra-archive }
      - { name: audit, kind: command, command: [audit-loader] }
    """

  private func simulate() async throws {
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/srv", withIntermediateDirectories: true)
    for name in ["hydra", "hydra-alice", "hydra-bob"] {
      // Some time ago: a batch for S3 that may still grow would be waited for.
      let node = SimulatedNode(
        .init(
          directory: "\(folder.path)/var/lib/\(name)", count: 300, rotateAfter: 100,
          payloadBytes: 200, firstTime: EventTime.now.advanced(bySeconds: -120)))
      try await node.run()
    }
  }

  private func installPrograms() throws {
    let sink = try GuidePage.guide("CommandSink").blocks.first { $0.info == ["python", "stream"] }
    try folder.write(#require(sink).text, to: "audit.py", mode: 0o700)
    try folder.write("#!/bin/sh\nexec cat >/dev/null\n", to: "bin/audit-loader", mode: 0o700)
    // `ssh HOST COMMAND…` runs the command here.
    try folder.write("#!/bin/sh\nshift\nexec \"$@\"\n", to: "bin/ssh", mode: 0o700)
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/bin/hydra-sinks", withDestinationPath: CLIProgram.path)
  }

  private var environment: [String: String] {
    var environment = moto?.environment ?? [:]
    environment["PATH"] = "\(folder.path)/bin:\(folder.environment["PATH"] ?? "")"
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
    return environment
  }

  /// What the page says, with its places in this folder.
  private func mapped(_ text: String) -> String {
    let group = getgrgid(getegid()).map { String(cString: $0.pointee.gr_name) } ?? "root"
    var places = [
      ("/var/lib/", "\(folder.path)/var/lib/"), ("/srv/", "\(folder.path)/srv/"),
      ("127.0.0.1:4100", "127.0.0.1:\(port)"), ("hydra-ops", group),
    ]
    if let moto, let bucket {
      places += [("http://127.0.0.1:9000", moto.endpoint.absoluteString), ("hydra-events", bucket)]
    }
    if let nats { places.append(("127.0.0.1:4222", "127.0.0.1:\(nats.port)")) }
    return places.reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
  }

  private func shell(_ text: String) throws -> CLIRun {
    try CLIRun(
      ["-ec", mapped(text)], in: folder.path,
      environment: folder.environment.merging(environment) { $1 }, program: "/bin/sh")
  }

  // MARK: - Blocks

  /// Runs one block of the page.
  func play(_ block: GuidePage.Block) async throws {
    let place = "\(page.path):\(block.line)"
    switch (block.language, block.info.dropFirst().first) {
    case ("sh", nil): try await run(block, code: 0, place)
    case ("sh", "exit"): try await run(block, code: #require(Int32(block.info[2])), place)
    case ("sh", "ctrl-c"): try await interrupt(block, place)
    case ("sh", "terminal"): try await watch(block)
    case ("sh", "s3"):
      guard bucket != nil else { return }
      try await run(block, code: 0, place)
    case ("sh", "jetstream"):
      guard nats != nil else { return }
      try await run(block, code: 0, place)
    case ("sh", "unrun"), ("sh", "service"), (_, "batch"), (_, "stream"): break
    case ("yaml", _): try await check(block, place)
    case ("json", _): try await compare(block, place)
    case ("swift", nil), ("toml", nil), ("text", nil): break
    default: Issue.record("\(place): no test knows a block of \(block.info)")
    }
  }

  private func run(_ block: GuidePage.Block, code: Int32, _ place: String) async throws {
    let outcome = try await shell(block.text).end()
    #expect(outcome.code == code, "\(place)\n\(block.text)\(outcome)")
  }

  private func interrupt(_ block: GuidePage.Block, _ place: String) async throws {
    let run = try shell("exec \(block.text)")
    try await eventually("\(place): a word of \(block.text)") {
      !run.said.isEmpty || !run.written.isEmpty
    }
    run.send(SIGINT)
    let outcome = try await run.end()
    #expect(outcome.code == 0 || outcome.code == -SIGINT, "\(place)\n\(block.text)\(outcome)")
  }

  private func watch(_ block: GuidePage.Block) async throws {
    guard DashboardTerminal.isAvailable else { return }
    let command = block.text.trimmingCharacters(in: .newlines)
    try #require(command.hasPrefix("hydra-sinks "))
    let terminal = try await DashboardTerminal(in: folder, columns: 120, lines: 40)
    try await terminal.start(mapped(String(command.dropFirst("hydra-sinks ".count))))
    try await eventually("a dashboard of \(command)") { try await terminal.isAlternate }
    try await terminal.press("q")
    try await eventually("the shell's screen") { try await !terminal.isAlternate }
  }

  // MARK: - Configurations

  private func configure(_ text: String) throws {
    try folder.write(mapped(text), to: "hydra-sinks.yaml")
  }

  private func check(_ block: GuidePage.Block, _ place: String) async throws {
    var text = block.text
    if !text.contains("persistence-dir:"), !text.contains("nodes:") {
      text = "persistence-dir: /var/lib/hydra\nstate-dir: /var/lib/hydra-sinks\n\(text)"
    }
    let isInEffect = block.purpose == "in-effect"
    let name = isInEffect ? "hydra-sinks.yaml" : "shown.yaml"
    try folder.write(mapped(text), to: name)
    // Folders that the configured ones are to be made in.
    for found in mapped(text).matches(of: /path: (\S+)/) {
      try FileManager.default.createDirectory(
        atPath: (String(found.output.1) as NSString).deletingLastPathComponent,
        withIntermediateDirectories: true)
    }
    let outcome = try await shell("hydra-sinks check --config \(name)").end()
    // Whether a bucket, a server or another log is there does not concern the configuration.
    let isElsewhere = text.contains("kind: s3") || text.contains("kind: jetstream")
    let codes: [Int32] = isElsewhere ? [0, 1, 2, 3] : [0, 1]
    #expect(codes.contains(outcome.code), "\(place)\n\(text)\(outcome)")
  }

  // MARK: - Documents

  private func compare(_ block: GuidePage.Block, _ place: String) async throws {
    let shown = try JSONShape(Data(block.text.utf8))
    let real: Data
    if block.purpose.hasPrefix("/") {
      let lines = try String(contentsOfFile: mapped(block.purpose), encoding: .utf8)
        .split(separator: "\n")
      real = Data(try #require(lines.last, "\(place): the file is empty").utf8)
    } else {
      real = try await shell(block.purpose).end().output
    }
    let differences = try shown.differences(from: JSONShape(real))
    #expect(
      differences.isEmpty,
      "\(place)\n\(differences.joined(separator: "\n"))\n\(String(decoding: real, as: UTF8.self))")
  }
}
