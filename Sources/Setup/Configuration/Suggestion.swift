/// "Did you mean …?": the nearest known word.
package enum Suggestion {
  /// The candidate that is at most a third of its length away from `word`, or nil.
  package static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    candidates
      .map { (candidate: $0, distance: distance(word, $0)) }
      .filter { $0.distance <= max(1, max(word.count, $0.candidate.count) / 3) }
      .min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }?
      .candidate
  }

  /// How many letters must be inserted, dropped, changed, or swapped with their neighbour
  /// (optimal string alignment).
  package static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.utf8)
    let right = Array(right.utf8)
    guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in 1...left.count {
      var row = [i]
      for j in 1...right.count {
        var best = min(last[j] + 1, row[j - 1] + 1)
        best = min(best, last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1))
        if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
          best = min(best, beforeLast[j - 2] + 1)
        }
        row.append(best)
      }
      beforeLast = last
      last = row
    }
    return last[right.count]
  }
}
