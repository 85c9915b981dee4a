/// The places of generations in an archive: the first lies in the archive's own folder or prefix,
/// the others in `g2`, `g3` and so on below it, in the same form.
package enum ArchiveGeneration {
  /// The folder of `generation` in the archive's own; nil for the first.
  package static func folder(_ generation: Int) -> String? {
    generation > 1 ? "g\(generation)" : nil
  }

  /// The generation that lies in the folder `name`; nil if that is none.
  package static func number(_ name: some StringProtocol) -> Int? {
    guard name.first == "g", let number = Int(name.dropFirst()), number > 1,
      folder(number) == String(name)
    else { return nil }
    return number
  }
}
