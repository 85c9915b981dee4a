import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The texts of an XML document's elements, in their order: S3's answers need no more.
final class XMLAnswer: NSObject, XMLParserDelegate {
  struct Element {
    /// The enclosing element; empty for the root.
    var parent: String
    var name: String
    var text: String
  }

  private(set) var elements: [Element] = []
  private var names: [String] = []
  private var text = ""

  /// The root element; nil if the bytes are not complete XML.
  private(set) var root: String?

  init(_ bytes: [UInt8]) {
    super.init()
    // Do not parse an answer that is not XML: the parser would warn on standard error.
    guard bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "<") else { return }
    let parser = XMLParser(data: Data(bytes))
    parser.delegate = self
    // The parser repairs what it can and does not always report it: an element that is not closed
    // means a cut-off document.
    if !parser.parse() || !names.isEmpty { root = nil }
  }

  func first(_ name: String) -> String? { elements.first { $0.name == name }?.text }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    if names.isEmpty { root = name }
    names.append(name)
    text = ""
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    names.removeLast()
    elements.append(Element(parent: names.last ?? "", name: name, text: text))
    text = ""
  }
}
