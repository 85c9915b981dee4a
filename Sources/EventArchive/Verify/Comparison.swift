internal import EventPersistence

/// Compares two logs event by event, as a value. It receives the primary's events one id at a time,
/// and the held events in the order in which they are held.
struct Comparison: Sendable {
  /// The events to expect.
  struct Scope: Sendable {
    /// Both inclusive.
    var from: UInt64
    var through: UInt64?
    /// Nothing after it is expected; nil: nothing at all.
    var checkpoint: Position?
    /// Where the secondary began; nil: at the first.
    var first: Position?
    var selection: Selection
    var isStrict: Bool
    var form: HeldForm
    /// Of events with one id, only the last is expected.
    var keepsLastOfId = false
  }

  /// An event of the primary with the current id.
  private struct Expected {
    var batch: EventBatch
    var entry: EventBatch.Entry
    var isExpected: Bool
    var isMet = false
  }

  private enum Fate {
    case met, missing, unexamined
  }

  /// A held event with the current id that the primary does not have.
  private struct Stray {
    var tag: String?
    var object: String
  }

  let scope: Scope
  private(set) var report: VerifyReport
  private var group: [Expected] = []
  private var strays: [Stray] = []
  private(set) var groupId: UInt64?
  private var holes = Holes()
  /// Ids that objects which could not be read can have, in order.
  private var unread: [ClosedRange<UInt64>] = []
  /// The highest id that was held and, if nothing could be compared, its events.
  private var highest: UInt64?
  private var seen: [Position] = []
  private var isFirstPassed = false
  private var isCheckpointPassed = false
  /// What became of the primary's last event.
  private var lastFate = Fate.met

  /// Extra events of one id, kept to be paired with missing ones.
  private static let straysMax = 16

  init(_ scope: Scope, _ report: VerifyReport) {
    self.scope = scope
    self.report = report
  }

  // MARK: - The primary

  /// Takes the primary's next event. Before a new id, the current one must be closed.
  mutating func add(_ batch: EventBatch, _ entry: EventBatch.Entry) {
    let position = entry.position
    groupId = position.eventId
    let isExpected = expects(position) && makes(batch, entry)
    if isExpected { report.expected += 1 }
    group.append(Expected(batch: batch, entry: entry, isExpected: isExpected))
  }

  /// All held events with the current id have come.
  mutating func close() {
    guard let id = groupId else { return }
    var strays = strays[...]
    for (index, own) in group.enumerated() {
      var fate = Fate.met
      let isReplaced = scope.keepsLastOfId && index < group.count - 1
      let isMissing = own.isExpected && !own.isMet && !isReplaced
      if isMissing, let stray = strays.popFirst() {
        // Another event in its place: one finding, not two.
        note(.init(eventId: id, tag: stray.tag, object: stray.object, at: "its tag or its time"))
      } else if isMissing, unread.contains(where: { $0.contains(id) }) {
        report.unexamined.add(id, isNeighbour: lastFate == .unexamined)
        fate = .unexamined
      } else if isMissing {
        report.missing.add(id, isNeighbour: lastFate == .missing)
        fate = .missing
      }
      lastFate = fate
    }
    for _ in strays {
      if isUnproven(id, orAtBorder: true) { unproven(id) } else { report.extra.add(id) }
    }
    group.removeAll(keepingCapacity: true)
    self.strays.removeAll(keepingCapacity: true)
    groupId = nil
  }

  /// These ids are lost, provably: held events with them cannot be proven.
  mutating func lose(_ ids: ClosedRange<UInt64>) { holes.add(lost: ids) }

  /// The primary's events after the id `last` and before the id `next` cannot be read; nil: from its
  /// beginning, through its end.
  mutating func lose(after last: UInt64?, before next: UInt64?, _ reason: String) {
    holes.add(after: last, before: next, reason)
  }

  /// The primary has no event in this stretch, and may have had some.
  mutating func lose(_ stretch: TornStretch) { holes.add(stretch) }

  /// The primary's first event, if the survey did not know it.
  mutating func begin(at id: UInt64) { report.primaryFirst = report.primaryFirst ?? id }

  private mutating func expects(_ position: Position) -> Bool {
    guard let checkpoint = scope.checkpoint, !isCheckpointPassed else { return false }
    if position.eventId > checkpoint.eventId {
      isCheckpointPassed = true
      return false
    }
    if position.eventId == checkpoint.eventId, !checkpoint.isIdOnly {
      isCheckpointPassed = position.agrees(with: checkpoint)
    }
    if !isFirstPassed {
      isFirstPassed =
        scope.first.map { position.eventId > $0.eventId || position.agrees(with: $0) } ?? true
    }
    let id = position.eventId
    return isInScope(id) && isFirstPassed && report.retiredThrough.map { id > $0 } ?? true
  }

  private func isInScope(_ id: UInt64) -> Bool {
    id >= scope.from && id <= scope.through ?? .max
  }

  private func makes(_ batch: EventBatch, _ entry: EventBatch.Entry) -> Bool {
    guard scope.selection.selects(entry.position) else { return false }
    guard case .made(let make) = scope.form else { return true }
    return batch.withBytes(of: entry) { make($0) } != nil
  }

  // MARK: - Held events

  /// Takes a held event. The primary's events with its id have come, if it has any.
  mutating func meet(_ batch: EventBatch, _ entry: EventBatch.Entry, object: String) {
    let position = entry.position
    guard isInScope(position.eventId) else { return }
    if !isLater(position) { report.held += 1 }
    if let highest, position.eventId < highest {
      let wasHeld =
        !report.missing.contains(position.eventId) && !report.unexamined.contains(position.eventId)
        && (!isUnproven(position.eventId) || report.unproven.contains(position.eventId))
      if wasHeld {
        report.twice.add(position.eventId)
      } else {
        report.outOfOrder.add(position.eventId)
      }
      return
    }
    if highest != position.eventId { seen = [] }
    highest = position.eventId
    guard groupId == position.eventId else {
      meetAlone(position)
      return
    }
    let isAgreeing = group.indices.filter { group[$0].entry.position.agrees(with: position) }
    if let index = isAgreeing.first(where: { !group[$0].isMet && canBe($0) }) {
      group[index].isMet = true
      compare(group[index], batch, entry, object)
    } else if isAgreeing.contains(where: { group[$0].isMet }) {
      // An id alone may be that of the lost event that shared it.
      if position.isIdOnly, isUnproven(position.eventId, orAtBorder: true) {
        unproven(position.eventId)
      } else {
        report.twice.add(position.eventId)
      }
    } else if strays.count < Self.straysMax {
      strays.append(Stray(tag: position.tag, object: object))
    } else {
      report.extra.add(position.eventId)
    }
  }

  /// Whether it was stored after the checkpoint that was read first, perhaps only meanwhile: it is
  /// compared, but neither expected nor counted as held.
  private func isLater(_ position: Position) -> Bool {
    scope.checkpoint.map { position.eventId > $0.eventId } ?? false
  }

  /// An object that cannot be read whole.
  mutating func meet(damaged object: String, ids: ClosedRange<UInt64>?, reason: String) {
    if let ids, !overlaps(ids) { return }
    report.undecodable += 1
    guard report.damages.count < VerifyReport.listMax else { return }
    report.damages.append(
      .init(object: object, reason: reason, from: ids?.lowerBound, through: ids?.upperBound))
  }

  /// An object that cannot be read now: whether it holds what is expected is not known.
  mutating func meet(unread object: String, ids: ClosedRange<UInt64>, reason: String) {
    guard overlaps(ids) else { return }
    report.unread += 1
    if let last = unread.last, last.contains(ids.lowerBound) {
      unread[unread.count - 1] = last.lowerBound...max(last.upperBound, ids.upperBound)
    } else {
      unread.append(ids)
    }
    guard report.failures.count < VerifyReport.listMax else { return }
    let through = ids.upperBound == .max ? nil : ids.upperBound
    report.failures.append(
      .init(object: object, reason: reason, from: ids.lowerBound, through: through))
  }

  private func overlaps(_ ids: ClosedRange<UInt64>) -> Bool {
    ids.overlaps(scope.from...max(scope.from, scope.through ?? .max))
  }

  /// An event with an id that the primary does not have.
  private mutating func meetAlone(_ position: Position) {
    guard isUnproven(position.eventId) else {
      report.extra.add(position.eventId)
      return
    }
    if seen.contains(where: { $0.agrees(with: position) }) {
      report.twice.add(position.eventId)
    } else {
      seen.append(position)
      unproven(position.eventId)
    }
  }

  private mutating func unproven(_ id: UInt64) { report.unproven.add(id, isNeighbour: true) }

  /// Whether the primary has lost all events of an id; at the border, where two events may share an
  /// id, perhaps not all.
  private func isUnproven(_ id: UInt64, orAtBorder isAtBorder: Bool = false) -> Bool {
    guard let first = report.primaryFirst else { return true }
    if id < first || isAtBorder && id == first { return true }
    return holes.contains(id, orAtBorder: isAtBorder, isLeft: groupId == id)
  }

  /// Whether a held event can be the event at `index`: an event that makes no line has none.
  private func canBe(_ index: Int) -> Bool {
    guard case .made(let make) = scope.form else { return true }
    return group[index].batch.withBytes(of: group[index].entry) { make($0) } != nil
  }

  private mutating func compare(
    _ own: Expected, _ batch: EventBatch, _ entry: EventBatch.Entry, _ object: String
  ) {
    if !scope.selection.selects(own.entry.position) { report.unselected += 1 }
    let isStrict = scope.isStrict
    let verdict = batch.withBytes(of: entry) { held in
      own.batch.withBytes(of: own.entry) { bytes in
        switch scope.form {
        case .events(let upgraded):
          let verdict = EventContent.compare(bytes, held, isStrict: isStrict)
          guard case .incomparable = verdict, let other = upgraded?(held) else { return verdict }
          let isSame = other.withUnsafeBytes { bytes.elementsEqual($0) }
          return isSame ? .same : verdict
        case .positions: return .same
        case .made(let make):
          guard let line = make(bytes) else { return .same }
          return line.withUnsafeBytes { EventContent.compare($0, held, isStrict: isStrict) }
        }
      }
    }
    switch verdict {
    case .same: if !isLater(entry.position) { report.same += 1 }
    case .incomparable: report.incomparable.add(entry.position.eventId, isNeighbour: true)
    case .differs(let path):
      note(
        .init(
          eventId: entry.position.eventId, tag: own.entry.position.tag, object: object, at: path))
    }
  }

  private mutating func note(_ difference: VerifyReport.Difference) {
    report.differing.add(difference.eventId)
    if report.differences.count < VerifyReport.listMax { report.differences.append(difference) }
  }

  mutating func finish(isInterrupted: Bool) {
    report.isInterrupted = isInterrupted
    report.holes = holes.list(in: scope, report)
    report.repairs = report.repairs(within: holes.readable(report))
  }
}
