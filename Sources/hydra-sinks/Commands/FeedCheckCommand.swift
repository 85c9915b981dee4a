import ArgumentParser
import EventPersistence
import FeedCheck
import FeedSink
import Foundation
import SecondaryStatus
import Wording

/// `feed-check URL`: what Oura and Kupo would do with the messages of a WebSocket.
struct FeedCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feed-check",
    abstract: "Read a feed, or a node's API, as Oura and Kupo would, and say what each takes.",
    discussion: """
      URL is a WebSocket: ws://127.0.0.1:4100, of a secondary of kind feed, or ws://127.0.0.1:4001, of a \
      hydra-node; or ws://unix:/PATH, of a feed that listens on a socket. It asks for the whole \
      history, as they do, unless URL says from or since, and ends \
      where the history does. No checkpoint moves by it.

      Exit code 0: both take everything. 1: one drops a message, or lacks a part of the history. 2: \
      one fails on a message. 3: there is no such WebSocket, or it ended before its history did.
      """)

  @Argument(help: "Like ws://127.0.0.1:4100; the parameters of a feed may follow.")
  var url: String

  @Option(
    help: ArgumentHelp("Read this many messages at most.", valueName: "n"),
    transform: FeedCheckCommand.count)
  var frames: UInt64?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "Take this much time at most, like 30s. Default: 10m.", valueName: "duration"))
  var duration: String?

  @Option(
    help: ArgumentHelp(
      "Show the feed the token that this file holds. In URL, others could see it in the list of processes.",
      valueName: "file"))
  var tokenFile: String?

  @Flag(help: "Print one JSON document.") var json = false

  private static func count(_ text: String) throws -> UInt64 {
    guard let count = UInt64(text), count > 0 else {
      throw ValidationError("Expected a number from 1 on, found \"\(text)\".")
    }
    return count
  }

  func validate() throws {
    if let duration, DurationText.parse(duration) == nil {
      throw ValidationError("--for: expected \(DurationText.expectation), found \"\(duration)\".")
    }
    do throws(FeedURL.Mistake) { _ = try FeedURL(url) } catch {
      throw ValidationError("\(error.sentence); found \"\(url)\".")
    }
  }

  func run() async throws {
    var check = FeedCheck(try FeedURL(url))
    check.messagesMax = frames
    check.token = try tokenFile.map { file in
      do throws(SinkError) { return try FeedToken(path: file).read() } catch {
        throw ValidationError("--\(error.message)")
      }
    }
    if let duration = duration.flatMap(DurationText.parse) { check.timeMax = duration }
    let report = await check.run()
    if json {
      StandardOutput.document(report)
    } else {
      for line in FeedCheckText(report).lines { StandardOutput.line(line) }
    }
    let code = FeedCheckText(report).severity.exitCode
    guard code == 0 else { throw Exit(code: code) }
  }
}
