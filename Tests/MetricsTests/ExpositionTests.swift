import Testing

@testable import Metrics

@Suite struct ExpositionTests {
  @Test("a name has its help and its type once, and one line a sample")
  func samples() {
    var page = Exposition()
    page.add(
      "a_total", .counter, "What counts.",
      [Exposition.Sample([("tag", "X")], 3), Exposition.Sample([], 0.5)])
    page.add("b", .gauge, "Unknown.", [])
    #expect(
      page.text == """
        # HELP a_total What counts.
        # TYPE a_total counter
        a_total{tag="X"} 3
        a_total 0.5

        """)
  }

  @Test("text that steers is escaped in labels and helps")
  func escapes() {
    var page = Exposition()
    page.add("a", .gauge, "a \\ \n b", [Exposition.Sample([("l", "x\"y\\z\n")], 1)])
    #expect(page.text.contains(#"# HELP a a \\ \n b"#))
    #expect(page.text.contains(#"a{l="x\"y\\z\n"} 1"#))
  }

  @Test("numbers are as Prometheus reads them")
  func numbers() {
    #expect(
      [0, 4_611_686_018, 0.25, -3, .infinity, .nan].map(Exposition.number)
        == ["0", "4611686018", "0.25", "-3", "+Inf", "NaN"])
  }

  @Test("a histogram has cumulative buckets, one for all, a sum and a count")
  func histogram() {
    var page = Exposition()
    page.add(
      "s_seconds", "How long.",
      [
        (
          [("x", "y")],
          Exposition.Histogram(bounds: [0.1, 1], counts: [2, 3], count: 4, sum: 12.5)
        )
      ])
    #expect(
      page.text.split(separator: "\n").dropFirst(2).joined(separator: "\n") == """
        s_seconds_bucket{x="y",le="0.1"} 2
        s_seconds_bucket{x="y",le="1"} 3
        s_seconds_bucket{x="y",le="+Inf"} 4
        s_seconds_sum{x="y"} 12.5
        s_seconds_count{x="y"} 4
        """)
  }

  @Test(
    "an address is a host and a port",
    arguments: [
      ("127.0.0.1:9464", "127.0.0.1:9464"), ("[::1]:0", "[::1]:0"), ("localhost:1", "localhost:1"),
      ("::1:9464", nil), (":9464", nil), ("host", nil), ("host:", nil), ("host:65536", nil),
      ("user@host:1", nil), ("http://h:1", nil),
    ])
  func address(_ text: String, _ expected: String?) {
    #expect(MetricsAddress(text)?.description == expected)
  }
}
