package import EventPersistence
internal import Foundation

// What both modes do with their options.
extension CommandSink.Options {
  /// The description of a sink with these options, in either mode.
  package var description: SinkDescription {
    SinkDescription(
      kind: .command, target: CommandSink.text(of: command),
      batching: Batching(limits: limits, timeout: timeout + grace))
  }

  /// How long a lock may be held by accident: a child process has copies of all descriptors between
  /// fork and exec, and a program that just ended releases its own a moment later. On a busy
  /// machine that moment is long.
  private static let lockPatience = Duration.seconds(2)

  /// The lock that permits running the program, which inherits it. Blocks for `lockPatience` at
  /// most.
  func takeChildLock() throws(SinkError) -> FolderLock {
    var lock: FolderLock?
    let deadline = ContinuousClock.now + Self.lockPatience
    do throws(StateError) {
      lock = try FolderLock.take(childLock)
      while lock == nil, ContinuousClock.now < deadline {
        usleep(10_000)
        lock = try FolderLock.take(childLock)
      }
    } catch {
      throw SinkError(.stop, code: "lock", error.message)
    }
    guard let lock else {
      throw SinkError(
        .held, code: "program at work",
        "\(command[0]), started by an earlier driver, is still running (it holds \(childLock)). "
          + "hydra-sinks waits until it ends. To find it: `fuser \(childLock)`. If it started a "
          + "daemon, the daemon must close descriptor 3.")
    }
    return lock
  }

  /// This process' environment, with the secondary's name, the generation and `more`.
  func environment(adding more: [String: String] = [:]) -> [String] {
    let own = more.merging(
      ["HYDRA_SINKS_NAME": name, "HYDRA_SINKS_GENERATION": "\(generation)"]) { $1 }
    return ProcessInfo.processInfo.environment.merging(own) { $1 }.map { "\($0)=\($1)" }
  }
}

extension CommandSink {
  /// The command as typed in a shell.
  static func text(of words: [String]) -> String {
    words.map { word in
      let isPlain = word.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || "-_./:=@%+,".utf8.contains($0)
      }
      return isPlain && !word.isEmpty
        ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }.joined(separator: " ")
  }
}
