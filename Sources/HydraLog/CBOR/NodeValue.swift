internal import EventPersistence

/// A node's value that was read from a row, with its members in the order of its JSON. Long values
/// stay in the row.
indirect enum NodeValue {
  case null
  case boolean(Bool)
  case unsigned(UInt64)
  /// -1 minus it.
  case negative(UInt64)
  case seconds(picoseconds: UInt64, isNegative: Bool)
  case text(String)
  case hex(Range<Int>)
  case time(EventTime)
  case ledger(Range<Int>)
  case transaction(Range<Int>)
  case array([NodeValue])
  case object([(key: Key, value: NodeValue)])

  enum Key {
    case name(NodeName)
    case hex(Range<Int>)
  }
}
