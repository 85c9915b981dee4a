/// A page in the text format of Prometheus, version 0.0.4.
///
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
struct Exposition {
  enum Kind: String { case counter, gauge, histogram }

  /// One value, with the labels that tell it from the others of its name.
  struct Sample {
    var labels: [(name: String, value: String)]
    var value: Double

    init(_ labels: [(name: String, value: String)], _ value: Double) {
      self.labels = labels
      self.value = value
    }
  }

  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private(set) var text = ""

  /// Adds all samples of one name; nothing if there are none, since what is not known is absent.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
    guard !samples.isEmpty else { return }
    begin(name, kind, help)
    for sample in samples { line(name, sample.labels, sample.value) }
  }

  /// Adds a histogram: for each of its label sets the buckets, the sum and the count.
  mutating func add(
    _ name: String, _ help: String,
    _ histograms: [(labels: [(name: String, value: String)], Histogram)]
  ) {
    guard !histograms.isEmpty else { return }
    begin(name, .histogram, help)
    for (labels, histogram) in histograms {
      for (bound, count) in zip(histogram.bounds, histogram.counts) {
        line("\(name)_bucket", labels + [("le", Self.number(bound))], Double(count))
      }
      line("\(name)_bucket", labels + [("le", "+Inf")], Double(histogram.count))
      line("\(name)_sum", labels, histogram.sum)
      line("\(name)_count", labels, Double(histogram.count))
    }
  }

  struct Histogram {
    var bounds: [Double]
    /// For each bound, how many values are not above it.
    var counts: [UInt64]
    var count: UInt64
    var sum: Double
  }

  private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
  }

  private mutating func line(
    _ name: String, _ labels: [(name: String, value: String)], _ value: Double
  ) {
    text += name
    if !labels.isEmpty {
      let pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
      text += "{\(pairs.joined(separator: ","))}"
    }
    text += " \(Self.number(value))\n"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  /// Whole numbers without a fraction, as far as a `Double` tells them apart.
  static func number(_ value: Double) -> String {
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if value.isNaN { return "NaN" }
    if value == value.rounded(), abs(value) < 9e15 { return "\(Int64(value))" }
    return "\(value)"
  }
}
