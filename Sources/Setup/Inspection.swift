internal import CommandSink
package import EventPersistence
internal import FeedSink
internal import FileSink
internal import Foundation
internal import HydraLog
internal import S3Sink
internal import SecondaryStatus
internal import Wording

/// `check`: inspects everything that a run needs, without opening a sink.
package struct Inspection {
  package struct Finding: Hashable {
    package var subject: String
    package var severity: Severity
    package var sentence: String
  }

  package var setup: Setup
  package var environment: [String: String]

  package init(
    setup: Setup, environment: [String: String]
  ) {
    self.setup = setup
    self.environment = environment
  }

  package func findings() async throws -> [Finding] {
    var findings = [configuration]
    let source = try setup.source()
    findings.append(await primary(source))
    findings += try await histories(source)
    findings += stateDirectory()
    findings += onState()
    for secondary in setup.configuration.secondaries {
      findings.append(await look(at: secondary))
    }
    if setup.configuration.secondaries.isEmpty {
      findings.append(
        Finding(
          subject: "secondaries", severity: .warning,
          sentence: "none: configure one under secondaries, or give --sink URI"))
    }
    return findings
  }

  private var configuration: Finding {
    guard let file = setup.configuration.file else {
      return Finding(
        subject: "configuration", severity: .ok, sentence: "none; the arguments are used")
    }
    return Finding(subject: "configuration", severity: .ok, sentence: file)
  }

  private func primary(_ source: PersistenceDirectory) async -> Finding {
    let survey = await source.survey()
    let severity: Severity =
      switch survey.state {
      case .live, .silent: .ok
      case .missing: .unknown
      case .ambiguous, .unreadable: .error
      }
    var words = [source.path, survey.state.rawValue]
    if let format = survey.format { words.append(format.rawValue) }
    if let bytes = survey.bytes { words.append(Quantity.bytes(bytes)) }
    if let head = survey.head { words.append("head \(head.eventId)") }
    return Finding(
      subject: "primary", severity: severity,
      sentence: words.joined(separator: " · ") + (survey.sentence.map { " · \($0)" } ?? ""))
  }

  private func stateDirectory() -> [Finding] {
    let path = setup.state.path
    let subject = "state"
    guard FilePaths.isDirectory(path) else {
      let problem = FolderAccess.problem(creating: path)
      return [
        Finding(
          subject: subject, severity: problem == nil ? .ok : .error,
          sentence: problem ?? "\(path) does not exist yet; the first run creates it")
      ]
    }
    guard access(path, W_OK | X_OK) == 0 else {
      return [
        Finding(
          subject: subject, severity: .error,
          sentence: "\(path) is closed to \(AccessAdvice.user). "
            + AccessAdvice.sentence(for: path, .writing, isState: true))
      ]
    }
    do {
      let excludes = try setup.state.locksExclude()
      return try sharing() + [
        Finding(
          subject: subject, severity: excludes ? .ok : .error,
          sentence: excludes
            ? "\(path), locking works"
            : "\(path): locking does not work there (a network file system?); "
              + "choose a directory on a local file system (state-dir)")
      ]
    } catch {
      return [Finding(subject: subject, severity: .error, sentence: error.message)]
    }
  }

  /// Whether the members of `state-group` can use what is in the state directory.
  private func sharing() throws(StateError) -> [Finding] {
    let closed = try setup.state.closedToGroup()
    guard let group = setup.state.group, let first = closed.first else { return [] }
    let more = closed.count > 1 ? " and \(closed.count - 1) more" : ""
    return [
      Finding(
        subject: "state-group", severity: .warning,
        sentence:
          "members of \(group) cannot use \(first)\(more). A driver shares what its own user "
          + "made when it starts: restart it. Files of another user, that user must share "
          + "(chgrp \(group), chmod g+rw)")
    ]
  }

  private func look(at secondary: ConfiguredSecondary) async -> Finding {
    let (severity, sentence) = await reach(secondary)
    let state = folderProblem(of: secondary)
    return Finding(
      subject: secondary.name, severity: state == nil ? severity : .error,
      sentence: "\(secondary.kind.name) · \(sentence)" + (state.map { " · \($0)" } ?? ""))
  }

  private func reach(_ secondary: ConfiguredSecondary) async -> (Severity, String) {
    switch secondary.kind {
    case .s3(let s3):
      let finding = await S3Inspection.look(
        s3.options(
          of: secondary, in: setup.state, environment: environment))
      return (finding.severity, finding.sentence)
    case .file(let file): return reach(file, of: secondary)
    case .command(let configured): return reach(program: configured.command[0])
    case .feed(let feed): return reach(feed, of: secondary)
    case .jetstream(let stream): return await setup.reach(stream, of: secondary)
    case .checkpoint(let path):
      do throws(StateError) {
        guard let checkpoint = try Checkpoint.read(from: path) else {
          return (.warning, "\(path) does not exist yet; its sink creates it")
        }
        return (.ok, "\(path), at \(checkpoint.position?.description ?? "nothing stored yet")")
      } catch {
        return (.unknown, error.message)
      }
    }
  }

  private func reach(program command: String) -> (Severity, String) {
    guard let program = Self.program(command, environment: environment) else {
      let isThere = command.contains("/") && access(command, F_OK) == 0
      return (.error, SinkError.notStarted(command, isThere ? EACCES : ENOENT).message)
    }
    return (.ok, program)
  }

  /// Whether the programs of `on-state` are there.
  private func onState() -> [Finding] {
    var programs: [String] = []
    for (_, onState) in setup.configuration.onStateSubjects
    where !programs.contains(onState.command[0]) {
      programs.append(onState.command[0])
    }
    return programs.map { command in
      let (severity, sentence) = reach(program: command)
      return Finding(subject: "on-state", severity: severity, sentence: sentence)
    }
  }

  private func reach(
    _ file: ConfiguredFile, of secondary: ConfiguredSecondary
  ) -> (Severity, String) {
    let path = file.path
    do {
      let options = file.options(
        of: secondary, persistenceDirectory: FilePaths.canonical(try setup.persistenceDir))
      let isBegun = try FileInspection.look(options, isDriven: isDriven(secondary))
      guard FilePaths.isDirectory(path) else {
        let problem = FolderAccess.problem(creating: path)
        return problem.map { (.error, $0) } ?? (.ok, "\(path), created by the first run")
      }
      guard access(path, W_OK | X_OK) == 0 else {
        return (.error, "\(path) is closed. \(AccessAdvice.sentence(for: path, .writing))")
      }
      return (.ok, isBegun ? path : "\(path), nothing stored there yet")
    } catch {
      return (.error, "\(error)")
    }
  }

  private func isDriven(_ secondary: ConfiguredSecondary) -> Bool {
    (try? setup.state.folder(secondary.name).isLocked()) ?? false
  }

  private func reach(
    _ feed: ConfiguredFeed, of secondary: ConfiguredSecondary
  ) -> (Severity, String) {
    let options = feed.options(of: secondary, in: setup.state)
    var warnings = [options.openness].compactMap(\.self)
    var words: [String] = []
    if let token = options.token {
      do throws(SinkError) { _ = try token.read() } catch { return (.error, error.message) }
      if token.isOpenToAll {
        warnings.append(
          "token-file \(token.path) can be read by every user: chmod o-r \(token.path)")
      }
      words.append(
        options.address.isLoopback ? "with a token" : "with a token, without encryption")
    }
    do throws(SinkError) {
      try ListeningSocket.probe(feed.address)
      words.insert("\(feed.address), free", at: 0)
    } catch {
      guard error.remedy == .held, isDriven(secondary) else { return (.error, error.message) }
      words.insert("\(feed.address), where its driver listens", at: 0)
    }
    return (warnings.isEmpty ? .ok : .warning, (words + warnings).joined(separator: " · "))
  }

  /// What in the state folder prevents a drive.
  private func folderProblem(of secondary: ConfiguredSecondary) -> String? {
    let folder = setup.state.folder(secondary.name)
    do {
      if secondary.isOnlyWatched { return nil }
      try folder.inspect()
      _ = try folder.history.read(0...0)
      if let configuration = try setup.driven(secondary) {
        _ = try Secondary.checkBinding(of: configuration, in: folder)
      }
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// The executable that `name` names: a path, or the first of that name along `PATH`.
  package static func program(_ name: String, environment: [String: String]) -> String? {
    let candidates =
      name.contains("/")
      ? [name]
      : (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map { "\($0)/\(name)" }
    return candidates.first { access($0, X_OK) == 0 && !FilePaths.isDirectory($0) }
  }
}

/// Whether a folder can be created.
package enum FolderAccess {
  /// Why `path`, which does not exist, cannot be created; nil if it can.
  package static func problem(creating path: String) -> String? {
    if access(path, F_OK) == 0 { return "\(path) is not a folder; expected one" }
    var parent = FilePaths.parent(of: path)
    while parent != "/", access(parent, F_OK) != 0 { parent = FilePaths.parent(of: parent) }
    guard FilePaths.isDirectory(parent) else { return "\(parent) is not a folder; expected one" }
    guard access(parent, W_OK | X_OK) == 0 else {
      return "\(path) cannot be created. \(AccessAdvice.sentence(for: path, .writing))"
    }
    // Permissions are not enough: no user can create a folder in /proc. This creates and removes one.
    let trial = "\(parent == "/" ? "" : parent)/.hydra-sinks-check-\(getpid())"
    guard mkdir(trial, 0o700) == 0 else {
      let reason = String(cString: strerror(errno))
      return "\(path) cannot be created: no folder can be created in \(parent) (\(reason))"
    }
    rmdir(trial)
    return nil
  }
}
