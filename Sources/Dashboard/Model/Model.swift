package import EventPersistence
internal import SecondaryStatus

/// Everything that the dashboard knows and shows: a value that only `update` changes and only `view` reads.
///
/// Its memory is bounded: see `EventStream`, `EventDetail` and `SecondaryHistory`.
package struct Model: Sendable {
  package let settings: Settings
  /// The terminal, in cells.
  package internal(set) var width: Int
  package internal(set) var height: Int
  /// The latest time that arrived; nil before the first `tick` or look.
  package internal(set) var now: EventTime?
  package internal(set) var interval: Duration

  /// The last look, and the one that is drawn; they differ while the display is frozen.
  var latest: Observed?
  var shown: Observed?
  var configuration = ConfigurationNote.inForce(path: nil)
  /// Since when the display is frozen.
  var frozenAt: EventTime?

  var page = Page.overview
  var focus = Panel.secondaries
  var isZoomed = false
  var table = SecondaryTable()
  var stream = EventStream()
  var preview = EventPreview()

  var dialog: Dialog?
  var prompt: Prompt?
  var notice: Notice?
  var journal = MessageLog()
  var marks = Marks()
  var hasMouse: Bool

  /// The running search of the log, and how many searches there were.
  var searching: RunningSearch?
  var searchCount: UInt64 = 0

  /// What the last count of the log's tags found; nil before the first.
  var tags: TagCount?

  var alarm = Alarm()
  /// The warnings about the log at the last look.
  var warned: Set<PrimaryWarning.Kind> = []

  /// The secondaries whose replays this process executes.
  var replaysHere: Set<String> = []

  /// The secondaries that are being compared with the log.
  var verifying: [String: VerificationProgress] = [:]
  /// What the last comparison found, by secondary.
  var verified: [String: VerifyAnswer] = [:]

  package init(settings: Settings, width: Int, height: Int) {
    self.settings = settings
    self.width = width
    self.height = height
    interval = settings.interval
    hasMouse = settings.hasMouse
  }

  /// The commands at the start.
  package mutating func start() -> [Command] {
    [stream.ask(.tail(count: EventStream.page))] + (hasMouse ? [.screen(.mouse(true))] : [])
  }

  /// Whether the user has frozen the display.
  var isFrozen: Bool { frozenAt != nil }

  func secondary(_ name: String) -> SecondaryObservation? {
    latest?.secondaries.first { $0.name == name }
  }

  func isDrivenHere(_ name: String) -> Bool { latest?.drivenHere.contains(name) ?? false }

  var secondaryNames: [String] { latest?.secondaries.map(\.name) ?? [] }

  mutating func tell(_ text: String, _ severity: Severity) {
    notice = Notice(text: text, severity: severity, at: now)
    // Hints about keys are not kept in the log.
    if severity != .info { journal.note(text, severity, at: now) }
  }
}
