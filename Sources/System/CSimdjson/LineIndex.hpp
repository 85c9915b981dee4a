// The usual event, told from simdjson's index of a text instead of a document of its values.

#ifndef HYDRA_LINE_INDEX_HPP
#define HYDRA_LINE_INDEX_HPP

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hydra {

// What the members of an event hold.
struct EventMembers {
  uint64_t id = 0;
  // Without bytes (a null pointer) if it has none that is a string.
  std::string_view tag, time;
};

// An index of some text, the work of simdjson's first stage: where brackets, colons and commas stand
// outside of strings, and where each string, number and word begins.
//
// An event that uses no more of JSON than the node's own lines is read from that alone. Others are left
// to the parser: escapes in strings, numbers that are not plain integers, and whatever is not an event.
class LineIndex {
 public:
  // The longest text.
  static constexpr size_t length_max = 1 << 20;

  // Indexes bytes[0..<length]; HYDRA_JSON_PADDING bytes after it must be readable. Returns false if it is
  // too long, is not UTF-8, or holds a string with a control character in it or without an end: so no
  // line feed is part of a string.
  bool index(const char *bytes, size_t length);

  // Reads the line from..<end of the indexed text. Returns whether it is an event, as far as can be told
  // here; if so, the parser would accept it and find the same. Lines are read in their order.
  bool read(size_t from, size_t end, EventMembers &event);

 private:
  simdjson::dom::parser parser_;
  const char *bytes_ = nullptr;
  size_t length_ = 0;
  // Offsets in the text, followed by some of its first character.
  uint32_t *places_ = nullptr;
  size_t count_ = 0;
  // The first one after the lines that were read.
  size_t next_ = 0;
  // The first backslash that is not before these lines; `length_` if there is none.
  size_t backslash_ = 0;

  char at(size_t i) const { return bytes_[places_[i]]; }
  // These return where in the index the value at `i` ends; 0 if it is none, or an unusual one.
  size_t value_end(size_t i) const;
  template <typename Member>
  size_t object_end(size_t i, Member member_end) const;
  bool is_scalar(const char *text) const;
  bool is_integer(const char *text, uint64_t *value) const;
  std::string_view string(size_t i) const;
  size_t backslash_from(size_t from) const;
};

}  // namespace hydra
#endif
