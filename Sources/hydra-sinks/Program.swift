import ArgumentParser
import CommandSink
import EventPersistence
import Foundation
import HydraLog
import SimulatedNode
import Wording

/// The process: arguments in, one exit code out.
@main enum Program {
  static func main() async {
    Interrupts.ignoreBrokenPipes()
    if getpid() == 1 { Interrupts.endFirstProcess() }
    ChildProcesses.adoptOrphans()
    do {
      var command = try HydraSinks.parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      end(error)
    }
  }

  /// Prints why, in the form that was asked for, and exits with the code of the refusal.
  private static func end(_ error: any Error) -> Never {
    switch error {
    case let error as Exit:
      exit(error.code)
    case let error as Refusal:
      refuse(error.message, code: error.status.rawValue)
    default:
      let code = HydraSinks.exitCode(for: error)
      if code == .success { HydraSinks.exit(withError: error) }
      if let refusal = Refusal(knownError: error) {
        refuse(refusal.message, code: refusal.status.rawValue)
      }
      if code == .validationFailure, wantsJSON {
        refuse(HydraSinks.message(for: error), code: code.rawValue)
      }
      guard code == .validationFailure else {
        refuse("\(error)", code: ExitStatus.error.rawValue)
      }
      HydraSinks.exit(withError: error)
    }
  }

  private static var wantsJSON: Bool { CommandLine.arguments.contains("--json") }

  private static func refuse(_ message: String, code: Int32) -> Never {
    StandardError.say(message)
    // With --json there is always a document, unless the command printed its own.
    if wantsJSON, !StandardOutput.isUsed {
      StandardOutput.document(RefusalDocument(refused: message, exitCode: code))
    }
    exit(code)
  }
}

/// What `--json` prints if a command is refused before it has a result.
private struct RefusalDocument: Encodable {
  var version = 1
  var refused: String
  var exitCode: Int32
}

extension Refusal {
  /// The refusal for an error of the library or of a system call; nil for any other error.
  init?(knownError error: any Error) {
    switch error {
    case let error as SourceError:
      self.init([.missing, .unreadable].contains(error.kind) ? .unknown : .error, error.message)
    case let error as StateError:
      self.init(ExitStatus(rawValue: error.exitCode) ?? .error, error.message)
    case let error as SinkError:
      self.init(error.remedy == .held ? .busy : .error, error.message)
    case let error as ReplayError:
      switch error {
      case .source(let error): self.init(knownError: error)
      case .sink(let error): self.init(knownError: error)
      case .state(let error): self.init(knownError: error)
      case .busy(let sentence): self.init(.busy, sentence)
      case .none, .refused, .changed: self.init(.error, "\(error)")
      }
    case let error as RestoreError:
      self.init(error.kind == .cancelled ? .warning : .error, error.message)
    case let error as SimulationError:
      self.init(.error, error.message)
    default: return nil
    }
  }
}
