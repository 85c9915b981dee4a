import EventPersistence
internal import SecondaryStatus
internal import Wording

extension Model {
  /// What the footer offers now: as much as fits, the more important first.
  func footerHints(_ layout: Layout) -> [FooterHint] {
    let selected = selectedName.flatMap { secondary($0) }
    let offered = OrderTable.keyed.filter {
      $0.weight > 0 && $0.contexts.contains(context) && isOffered($0, selected)
    }
    return FooterHint.fitted(
      offered.map { FooterHint($0, hint: hint($0, selected?.report), isUTF8: settings.isUTF8) },
      width: layout.footer.width)
  }

  private func hint(_ row: OrderRow, _ report: SecondaryReport?) -> String {
    switch row.order {
    case .replay where report?.state == .replayOrphaned: return "resume…"
    case .pauseOrResume where report?.paused != nil: return "resume…"
    case .freeze where isFrozen: return "unfreeze"
    case .back where !isBackWithinNode: return "nodes"
    default: return row.hint(in: context)
    }
  }

  /// Whether a key does something at the moment.
  private func isOffered(_ row: OrderRow, _ secondary: SecondaryObservation?) -> Bool {
    if row.changesSomething, settings.isReadOnly { return false }
    switch row.order {
    case .follow: return !stream.isFollowing
    case .back: return isBackUseful
    case .replay, .pauseOrResume:
      return secondary != nil && secondary?.report.kind != .checkpoint
    case .cancel: return secondary?.report.replay != nil
    case .retry:
      let state = secondary?.report.state
      return secondary?.driver?.stopped == true || state == .stalled || state == .replayStalled
    case .drive:
      guard let secondary, secondary.report.kind != .checkpoint else { return false }
      return secondary.report.driver == nil
    case .nextMatch, .previousMatch: return hasMatches
    case .mark: return stream.count > 0
    case .open: return context != .secondaries || secondary != nil
    case .archives:
      // On a node without archives, the page says what is lost instead.
      let primary = shown?.primary
      return primary?.survey.archives.isEmpty == false || primary?.forecastGrounds.isEmpty == false
        || primary?.warnings.isEmpty == false
        || context == .log
    case .sort: return secondaryNames.count > 1
    case .copy: return context == .events ? stream.count > 0 : selectedName != nil
    default: return true
    }
  }

  private var isBackUseful: Bool { isBackWithinNode || settings.node != nil }

  private var isBackWithinNode: Bool {
    guard case .overview = page else { return true }
    return stream.filter != nil || isZoomed
  }

  private var hasMatches: Bool {
    switch page {
    case .event, .log, .help: !pageSearch.isEmpty
    case .overview, .secondary, .archives, .tags: stream.filter != nil
    }
  }
}

extension Drawing {
  mutating func drawFooter() {
    if let prompt = model.prompt {
      return put(prompt, aid: aid(prompt), in: layout.footer)
    }
    if let notice = model.notice { return put(notice) }
    guard let dialog = model.dialog else {
      return put(model.footerHints(layout))
    }
    var pen = Pen(layout.footer, line: layout.footer.top, glyphs: glyphs)
    pen.skip(1)
    for (label, hint) in hints(in: dialog) {
      pen.put(label, theme.accentBold, on: &grid)
      pen.put(" \(hint)  ", theme.dim, on: &grid)
    }
  }

  private func aid(_ prompt: Prompt) -> String {
    switch prompt.kind {
    case .command:
      Completion.candidates(for: prompt.text, names: model.secondaryNames).prefix(12)
        .joined(separator: "  ")
    case .filter where prompt.text.isEmpty:
      "words  tag:Snapshot  id:1000-2000  tx:9f3c  since:10m  size:>100k  !not"
    case .filter, .search: ""
    }
  }
}
