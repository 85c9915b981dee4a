import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The texts of an XML document's elements, in their order: S3's answers need no more.
final class XMLAnswer: NSObject, XMLParserDelegate {
  struct Element {
    /// The element around it; empty for the document's own.
    var parent: String
    var name: String
    var text: String
  }

  private(set) var elements: [Element] = []
  private var names: [String] = []
  private var text = ""

  /// The document's own element; nil where the bytes are no XML, or not to their end.
  private(set) var root: String?

  init(_ bytes: [UInt8]) {
    super.init()
    // Of an answer that has no such form nothing needs to be parsed: the parser warns on standard error.
    guard bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "<") else { return }
    let parser = XMLParser(data: Data(bytes))
    parser.delegate = self
    // The parser mends what it can, and says so only in part: what was not closed is cut off.
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
