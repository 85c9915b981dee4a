import ArgumentParser
import Logging

/// How a command that runs for long writes its log.
struct LogOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How the lines of the log are written: text, logfmt or json.", valueName: "format"))
  var logFormat = LogLineFormat.text

  @Option(
    help: ArgumentHelp("What is logged: debug, info, notice, warning or error.", valueName: "level")
  )
  var logLevel = LogLevel.info

  enum LogLevel: String, CaseIterable, ExpressibleByArgument {
    case debug, info, notice, warning, error

    var level: Logger.Level { Logger.Level(rawValue: rawValue)! }
  }

  /// The program's logger; with several nodes, that of one node's drivers.
  func logger(node: String? = nil) -> Logger {
    CalmLog.logger(logFormat, level: logLevel.level, node: node)
  }
}

extension LogLineFormat: ExpressibleByArgument {}
