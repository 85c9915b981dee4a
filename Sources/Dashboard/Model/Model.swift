internal import SecondaryStatus
public import EventPersistence

/// Everything that the dashboard knows and shows: a value that only `update` changes and only `view` reads.
///
/// Its memory is bounded whatever arrives: see `EventStream`, `EventDetail` and `SecondaryHistory`.
public struct Model: Sendable {
  public let settings: Settings
  /// The terminal, in cells.
  public internal(set) var width: Int
  public internal(set) var height: Int
  /// The last that was told; nil before the first `tick` or look.
  public internal(set) var now: EventTime?
  public internal(set) var interval: Duration

  /// The last look; and the one that is drawn, which stays behind while the display is frozen.
  var latest: Observed?
  var shown: Observed?
  var configuration = ConfigurationNote.inForce(path: nil)
  /// Since when the display stands still.
  var frozenAt: EventTime?

  var page = Page.overview
  var focus = Panel.secondaries
  var isZoomed = false
  var table = SecondaryTable()
  var stream = EventStream()

  var dialog: Dialog?
  var prompt: Prompt?
  var notice: Notice?
  var journal = MessageLog()
  var marks = Marks()
  var hasMouse: Bool

  /// The search of the log that is under way, and how many there were.
  var searching: RunningSearch?
  var searchCount: UInt64 = 0

  /// The secondaries that were errors at the last look; nil before the first.
  var alarmed: Set<String>?
  /// What the window was last named.
  var title: String?

  /// The replays that this process executes: their ids, by secondary.
  var replaysHere: [String: String] = [:]

  /// The secondaries that are being compared with the log.
  var verifying: [String: VerificationProgress] = [:]
  /// What came of it the last time, by secondary.
  var verified: [String: VerifyAnswer] = [:]

  public init(settings: Settings, width: Int, height: Int) {
    self.settings = settings
    self.width = width
    self.height = height
    interval = settings.interval
    hasMouse = settings.hasMouse
  }

  /// What is to be done at the start.
  public mutating func start() -> [Command] {
    [stream.ask(.tail(count: EventStream.page))] + (hasMouse ? [.mouse(true)] : [])
  }

  /// Whether the display stands still by the user's wish.
  public var isFrozen: Bool { frozenAt != nil }
}

/// The panels of the overview.
enum Panel: Sendable, Hashable, CaseIterable { case secondaries, events }

/// What fills the screen.
enum Page: Sendable {
  case overview
  case event(EventPage)
  case secondary(SecondaryPage)
  case archives(ArchivesPage)
  indirect case log(TextPage, behind: Page)
  indirect case help(TextPage, behind: Page)
}

/// One line at the bottom, about what has just been done or could not be.
struct Notice: Sendable, Hashable {
  var text: String
  var severity: Severity
  var at: EventTime?

  /// How long one that is no error stays.
  static let secondsShown = 6.0
}
