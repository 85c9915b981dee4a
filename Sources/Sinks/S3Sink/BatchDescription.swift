import EventPersistence

/// The metadata of a batch's object.
struct BatchDescription {
  /// Names and values, without `x-amz-meta-`.
  private(set) var metadata: [(String, String)]

  /// - Parameter lineCount: the lines of the object, which may be fewer than the events of the
  ///   batch.
  init(first: Position?, last: Position?, lineCount: Int, span: Int? = nil) {
    metadata = [("schema", String(S3Manifest.currentSchema))]
    if let first { metadata.append(("first", PositionHeader.text(first))) }
    if let last { metadata.append(("last", PositionHeader.text(last))) }
    metadata.append(("events", String(lineCount)))
    if let span { metadata.append(("span", String(span))) }
  }

  init(_ batch: EventBatch, _ run: BatchRun, _ lineCount: Int) {
    self.init(first: run.first, last: batch.last, lineCount: lineCount, span: batch.spanCount)
  }
}
