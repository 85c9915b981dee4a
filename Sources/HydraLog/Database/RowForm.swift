/// The form of a row, which its first byte tells. The database's version does not: a release is
/// planned that writes JSON to version 2, and an upgrade re-encodes the rows and sets the version in
/// separate steps.
enum RowForm: Sendable, Hashable {
  case json
  case cbor

  /// Nil if `row` is neither.
  init?(_ row: UnsafeRawBufferPointer) {
    switch row.first {
    case UInt8(ascii: "{"), 0x20, 0x09, 0x0A, 0x0D: self = .json
    // The head of a text of ten bytes: "StateEvent".
    case 0x6A: self = .cbor
    default: return nil
    }
  }
}
