import EventPersistence

extension LogView {
  /// This look as a `Survey`.
  func survey(directory: String, tornLines: Int?) -> Survey {
    var survey = Survey(
      state: .live, format: links.last { $0.format != nil }?.format, first: first, head: head,
      bytes: links.reduce(0) { $0 + $1.item.bytes }, tornLines: tornLines)
    survey.archives = links.filter { $0.item.name.isArchive }.map { Survey.Archive($0) }
    survey.missing = missing.map { Survey.Missing(from: $0.lowerBound, through: $0.upperBound) }
    survey.sharedIds = sharedIds
    if let live = links.last, let failure = live.failure ?? live.ends.damage,
      !live.item.name.isArchive
    {
      survey.state = .unreadable
      survey.sentence = failure.message
    } else if let failed = links.lazy.compactMap({ $0.failure ?? $0.ends.damage }).first {
      survey.sentence = failed.message
    } else if links.allSatisfy(\.isEmpty) {
      survey.sentence = "\(directory) has a log that holds no event yet."
    } else if links.contains(where: \.ends.isUncounted) {
      survey.sentence =
        "The events have no ids. The head is unknown until their lines are counted."
    } else if let live = links.last, live.item.name.isArchive {
      survey.sentence =
        "\(directory) currently has archives but no live log; the newest archive is "
        + "\(live.item.path)."
    }
    return survey
  }
}

extension Survey.Archive {
  init(_ link: LogLink, isFormer: Bool = false) {
    self.init(
      path: link.item.path, firstEventId: link.ends.first?.eventId,
      lastEventId: link.ends.last?.eventId, bytes: link.item.bytes)
    self.isFormer = isFormer
  }
}

extension Survey {
  /// The survey of a log that cannot be examined.
  init(_ failure: SourceError) {
    let state: State =
      switch failure.kind {
      case .missing: .missing
      case .ambiguous: .ambiguous
      default: .unreadable
      }
    self.init(state: state, sentence: failure.message)
  }
}
