/// One line of what matters in an event, for a table of events.
public enum EventSummary {
  /// The line of the event whose whole JSON is `json`: at most 160 characters, as the log has them (making
  /// foreign text visible is the terminal's job). Empty where the event has nothing to tell.
  public static func line(for json: UnsafeRawBufferPointer, tag: String?) -> String { "" }
}
