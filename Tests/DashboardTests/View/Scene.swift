import EventPersistence
import SecondaryStatus
import Testing

@testable import Dashboard

/// A screen that a user can see: each is drawn at five sizes, in UTF-8 and in ASCII, with colours
/// and without, and compared with what is stored in `Frames`.
enum Scene: String, CaseIterable, Sendable, CustomTestStringConvertible {
  // The overview, and dialogs in front of it.
  case overview, explained, events, zoomed, more, frozen, stale, notice, replaying
  case filterPrompt, filterError, filtered, searching, commandPrompt, commandError
  // The pages.
  case event, eventFolded, eventSearch, secondary, secondaryWeek, archives, tags, counting, log,
    logSearch
  case help, helpSearch
  // The plan of a replay.
  case planning, redrive, rewind, range, newLog, refused, replanned, planFailed, starting, theirs
  // The other questions.
  case cancelRedrive, cancelRewind, pause, resume, orphaned, drive, verify, verifying, verified,
    quit
  // The first minute.
  case reading, noLog, noSecondaries, wrongConfiguration
  // Several nodes.
  case nodes, nodesFilter, nodesFiltered, nodesConfigured, nodesHelp, noNodes, nodeElsewhere

  /// The screen whose lines are not stored again.
  var base: Scene {
    switch self {
    case .nodes, .nodesFilter, .nodesFiltered, .nodesConfigured, .nodesHelp, .noNodes,
      .nodeElsewhere:
      .nodes
    default: .overview
    }
  }

  static let sizes = [(132, 40), (80, 24), (60, 16), (40, 10), (30, 8)]

  var testDescription: String { rawValue }

  /// How it is drawn.
  struct Look: Sendable, Hashable {
    var width: Int
    var height: Int
    var isUTF8 = true
    var hasColors = true
    var isReadOnly = false
  }

  /// A dashboard that shows it.
  func screen(_ look: Look) -> any ScreenModel {
    if base == .nodes { return fleet(look) }
    var stage = Stage(look)
    stage.set(self)
    return stage.model
  }

  private func fleet(_ look: Look) -> Fleet {
    var settings = Settings(
      persistenceDir: "", isUTF8: look.isUTF8, hasColors: look.hasColors,
      isReadOnly: look.isReadOnly)
    if self == .noNodes {
      settings.advice = ["No hydra-node runs here.", "", "To see one:", "    hydra-sinks demo"]
    }
    var fleet = Fleet(
      settings: settings, nodes: self == .noNodes ? [] : FleetTests.rows, width: look.width,
      height: look.height)
    _ = fleet.update(.tick(Fixture.now))
    switch self {
    case .nodesFilter: _ = fleet.update(.key(.character("/")))
    case .nodesFiltered:
      for key in "/stalled" { _ = fleet.update(.key(.character(key))) }
      _ = fleet.update(.key(.enter))
    case .nodesConfigured: _ = fleet.update(.key(.character("s")))
    case .nodesHelp: _ = fleet.update(.key(.character("?")))
    case .nodeElsewhere: for key: Key in [.down, .enter] { _ = fleet.update(.key(key)) }
    default: break
    }
    return fleet
  }
}

extension Scene {
  enum Room { case overview, page, plan, question, firstMinute }

  var room: Room {
    switch self {
    case .overview, .explained, .events, .zoomed, .more, .frozen, .stale, .notice, .replaying,
      .filterPrompt, .filterError, .filtered, .searching, .commandPrompt, .commandError,
      .nodes, .nodesFilter, .nodesFiltered, .nodesConfigured, .nodesHelp, .noNodes, .nodeElsewhere:
      .overview
    case .event, .eventFolded, .eventSearch, .secondary, .secondaryWeek, .archives, .tags,
      .counting, .log,
      .logSearch, .help, .helpSearch:
      .page
    case .planning, .redrive, .rewind, .range, .newLog, .refused, .replanned, .planFailed,
      .starting,
      .theirs:
      .plan
    case .cancelRedrive, .cancelRewind, .pause, .resume, .orphaned, .drive, .verify, .verifying,
      .verified, .quit:
      .question
    case .reading, .noLog, .noSecondaries, .wrongConfiguration: .firstMinute
    }
  }
}
