internal import EventPersistence

/// A value of a node's that was read out of a row, with its members in the order that its JSON has.
/// Long ones stand where they are, in the row.
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
