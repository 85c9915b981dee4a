public import EventPersistence
internal import Foundation

// What both modes do with their options.
extension CommandSink.Options {
  /// What a sink with these options is, in either mode.
  public var description: SinkDescription {
    SinkDescription(
      kind: .command, target: CommandSink.text(of: command),
      batching: Batching(limits: limits, timeout: timeout + grace))
  }

  /// For how long a lock may be held by somebody who does not know it: whoever starts a program anywhere in
  /// this process has copies of all descriptors from the fork until the program becomes itself, and what was
  /// just ended lets go of its own a moment later. On a busy machine that moment is long.
  private static let lockPatience = Duration.seconds(2)

  /// The right to have the program run, which it inherits. Blocks for `lockPatience` at most.
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
        "\(command[0]) of an earlier driver is still at work on its batch (it holds "
          + "\(childLock)). The next batch follows once it has ended; see `fuser "
          + "\(childLock)`. A daemon that it started must close descriptor 3.")
    }
    return lock
  }

  /// Our own environment, with the secondary's name and `more` in it.
  func environment(adding more: [String: String] = [:]) -> [String] {
    let own = more.merging(["HYDRA_SINKS_NAME": name]) { $1 }
    return ProcessInfo.processInfo.environment.merging(own) { $1 }.map { "\($0)=\($1)" }
  }
}

extension CommandSink {
  /// A command as a person would type it.
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
