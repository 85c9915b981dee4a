#include "include/CSimdjson.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "JSONParser.hpp"
#include "LineIndex.hpp"

using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

namespace {

// The distinct tags of a log, numbered as they come: open addressing, twice as many slots as tags.
class TagTable {
 public:
  TagTable() { clear(); }

  void clear() {
    tags_.clear();
    for (auto &slot : slots_) slot = -1;
    for (auto &number : recent_) number = -1;
  }

  bool is_full() const { return tags_.size() >= HYDRA_TAGS_MAX; }
  size_t count() const { return tags_.size(); }
  const std::string &operator[](size_t number) const { return tags_[number]; }

  // There must be room for one.
  int32_t number(std::string_view tag) {
    // Most tags of an event have a length of their own.
    int32_t &recent = recent_[tag.size() % recent_count];
    if (recent < 0 || tags_[recent] != tag) recent = found(tag);
    return recent;
  }

 private:
  static constexpr size_t slot_count = 2 * HYDRA_TAGS_MAX;
  static constexpr size_t recent_count = 64;
  std::vector<std::string> tags_;
  int32_t slots_[slot_count];
  int32_t recent_[recent_count];

  int32_t found(std::string_view tag) {
    size_t slot = std::hash<std::string_view>{}(tag) % slot_count;
    while (slots_[slot] >= 0) {
      if (tags_[slots_[slot]] == tag) return slots_[slot];
      slot = (slot + 1) % slot_count;
    }
    tags_.emplace_back(tag);
    slots_[slot] = int32_t(tags_.size() - 1);
    return slots_[slot];
  }
};

bool is_blank(const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    char c = bytes[i];
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return false;
  }
  return true;
}

}  // namespace

struct hydra_scanner {
  hydra::LineIndex index;
  TagTable tags;

  // Reads bytes[from..<end] as a line; if it `is_indexed`, the text of the index begins at `base`.
  void read(const char *bytes, size_t from, size_t end, bool is_indexed, size_t base,
            hydra_line &line) {
    line.offset = from;
    line.length = end - from;
    line.event_id = 0;
    line.tag = -1;
    line.time_length = 0;
    line.kind = HYDRA_LINE_BROKEN;
    hydra::EventMembers event;
    if (is_indexed && index.read(from - base, end - base, event)) {
      line.kind = HYDRA_LINE_EVENT;
      line.event_id = event.id;
      if (event.tag.data() != nullptr) line.tag = tags.number(event.tag);
      set_time(event.time, line);
    } else {
      parse(bytes + from, line.length, line);
    }
  }

 private:
  hydra::JSONParser parser;

  void parse(const char *bytes, size_t length, hydra_line &line) {
    element root;
    auto error = parser.parse(bytes, length, true, root);
    if (error == simdjson::SUCCESS) {
      object members;
      if (root.get(members) == simdjson::SUCCESS) read(members, line);
    } else if (error == simdjson::MEMALLOC || error == simdjson::CAPACITY) {
      line.kind = HYDRA_LINE_NO_MEMORY;
    } else if (error == simdjson::EMPTY || is_blank(bytes, length)) {
      line.kind = HYDRA_LINE_BLANK;
    }
    parser.shrink();
  }

  static void set_time(std::string_view time, hydra_line &line) {
    if (time.empty() || time.size() > sizeof line.time) return;
    memcpy(line.time, time.data(), time.size());
    line.time_length = uint8_t(time.size());
  }

  // Of several members with one key the first counts, as in a lookup.
  void read(object members, hydra_line &line) {
    bool saw_id = false, has_id = false, has_change = false, saw_time = false;
    bool saw_tag = false, has_bare_tag = false;
    std::string_view bare_tag;
    for (auto member : members) {
      std::string_view key = member.key;
      if (key == "eventId" && !saw_id) {
        saw_id = true;
        has_id = member.value.get(line.event_id) == simdjson::SUCCESS &&
                 line.event_id <= HYDRA_EVENT_ID_MAX;
      } else if (key == "stateChanged" && !has_change) {
        has_change = true;
        std::string_view tag;
        if (member.value["tag"].get(tag) == simdjson::SUCCESS) line.tag = tags.number(tag);
      } else if (key == "time" && !saw_time) {
        saw_time = true;
        std::string_view time;
        if (member.value.get(time) == simdjson::SUCCESS) set_time(time, line);
      } else if (key == "tag" && !saw_tag) {
        saw_tag = true;
        has_bare_tag = member.value.get(bare_tag) == simdjson::SUCCESS;
      }
    }
    if (has_id && has_change) {
      line.kind = HYDRA_LINE_EVENT;
    } else if (has_bare_tag && !saw_id && !has_change) {
      line.kind = HYDRA_LINE_BARE;
      line.tag = tags.number(bare_tag);
      line.time_length = 0;
    }
  }
};

hydra_scanner *hydra_scanner_create(void) { return new hydra_scanner(); }
void hydra_scanner_destroy(hydra_scanner *scanner) { delete scanner; }

// Reads bytes[from..<end] as a line.
static void read_line(hydra_scanner *scanner, const char *bytes, size_t from, size_t end,
                      hydra_line &line) {
  const bool is_indexed = scanner->index.index(bytes + from, end - from);
  scanner->read(bytes, from, end, is_indexed, from, line);
}

static size_t feed_after(const char *bytes, size_t from, size_t end) {
  auto feed = static_cast<const char *>(memchr(bytes + from, '\n', end - from));
  return feed == nullptr ? end : size_t(feed - bytes);
}

size_t hydra_scanner_scan(hydra_scanner *scanner, const char *bytes, size_t from, size_t end,
                          hydra_line *lines, size_t capacity, size_t *next) {
  // Lines are indexed together: as many bytes as stay in the processor's cache, and few beyond the
  // lines that are read.
  constexpr size_t indexed_length = 32 << 10, usual_length = 256;
  size_t count = 0;
  while (from < end && count < capacity && !scanner->tags.is_full()) {
    const size_t length = std::min({end - from, indexed_length, (capacity - count) * usual_length});
    auto last = static_cast<const char *>(memrchr(bytes + from, '\n', length));
    if (last == nullptr) {
      const size_t feed = feed_after(bytes, from + length, end);
      if (feed == end) break;
      read_line(scanner, bytes, from, feed, lines[count++]);
      from = feed + 1;
      continue;
    }
    const size_t base = from, stop = size_t(last - bytes) + 1;
    const bool is_indexed = scanner->index.index(bytes + base, stop - base);
    while (from < stop && count < capacity && !scanner->tags.is_full()) {
      const size_t feed = feed_after(bytes, from, stop);
      if (is_indexed) {
        scanner->read(bytes, from, feed, true, base, lines[count++]);
      } else {
        read_line(scanner, bytes, from, feed, lines[count++]);
      }
      from = feed + 1;
    }
  }
  *next = from;
  return count;
}

namespace {

// Where a word comes next. It looks for the word's first capital letter, which is rare in a log of
// keys, numbers and hexadecimal digits.
class WordSearch {
 public:
  WordSearch() = default;
  explicit WordSearch(hydra_word word) : word_(word) {
    while (pivot_ < word.length && !(word.bytes[pivot_] >= 'A' && word.bytes[pivot_] <= 'Z')) {
      pivot_++;
    }
  }

  // The offset of the word in bytes[from..<end]; `end` if it is not there.
  size_t find(const char *bytes, size_t from, size_t end) const {
    if (end - from < word_.length) return end;
    if (pivot_ == word_.length) {
      auto found = memmem(bytes + from, end - from, word_.bytes, word_.length);
      return found == nullptr ? end : size_t(static_cast<const char *>(found) - bytes);
    }
    const char *at = bytes + from + pivot_;
    const char *last = bytes + end - (word_.length - pivot_);
    while (at <= last) {
      at = static_cast<const char *>(memchr(at, word_.bytes[pivot_], size_t(last - at) + 1));
      if (at == nullptr) break;
      if (memcmp(at - pivot_, word_.bytes, word_.length) == 0) return size_t(at - pivot_ - bytes);
      at++;
    }
    return end;
  }

 private:
  hydra_word word_ = {};
  size_t pivot_ = 0;
};

}  // namespace

size_t hydra_scanner_scan_words(hydra_scanner *scanner, const char *bytes, size_t from, size_t end,
                                const hydra_word *words, size_t word_count, hydra_line *lines,
                                size_t capacity, size_t *next) {
  *next = from;
  auto last_feed = static_cast<const char *>(memrchr(bytes + from, '\n', end - from));
  if (last_feed == nullptr) return 0;
  end = size_t(last_feed - bytes) + 1;
  auto line_start = [&](size_t place) {
    auto feed = static_cast<const char *>(memrchr(bytes + from, '\n', place - from));
    return feed == nullptr ? from : size_t(feed - bytes) + 1;
  };
  const hydra_word backslash = {"\\", 1};
  WordSearch searches[HYDRA_WORDS_MAX + 1];
  size_t places[HYDRA_WORDS_MAX + 1];
  word_count = word_count < HYDRA_WORDS_MAX ? word_count : HYDRA_WORDS_MAX;
  for (size_t i = 0; i <= word_count; i++) {
    searches[i] = WordSearch(i < word_count ? words[i] : backslash);
    places[i] = searches[i].find(bytes, from, end);
  }
  size_t count = 0;
  while (from < end && count < capacity && !scanner->tags.is_full()) {
    size_t hit = end - 1;
    for (size_t i = 0; i <= word_count; i++) {
      if (places[i] < from) places[i] = searches[i].find(bytes, from, end);
      if (places[i] < hit) hit = places[i];
    }
    from = line_start(hit);
    auto feed = static_cast<const char *>(memchr(bytes + hit, '\n', end - hit));
    read_line(scanner, bytes, from, size_t(feed - bytes), lines[count++]);
    from = size_t(feed - bytes) + 1;
  }
  *next = from;
  return count;
}

void hydra_scanner_read(hydra_scanner *scanner, const char *bytes, size_t from, size_t end,
                        hydra_line *line) {
  read_line(scanner, bytes, from, end, *line);
}

size_t hydra_scanner_tag_count(const hydra_scanner *scanner) { return scanner->tags.count(); }

const char *hydra_scanner_tag(const hydra_scanner *scanner, size_t number, size_t *length) {
  const std::string &tag = scanner->tags[number];
  *length = tag.size();
  return tag.data();
}

void hydra_scanner_forget_tags(hydra_scanner *scanner) { scanner->tags.clear(); }

ptrdiff_t hydra_last_feed(const void *bytes, size_t length) {
  auto feed = static_cast<const char *>(memrchr(bytes, '\n', length));
  return feed == nullptr ? -1 : feed - static_cast<const char *>(bytes);
}

// MARK: - A document

struct hydra_document {
  hydra::JSONParser parser;
  element root;
  bool is_parsed = false;
};

hydra_document *hydra_document_create(void) { return new hydra_document(); }
void hydra_document_destroy(hydra_document *document) { delete document; }

bool hydra_document_parse(hydra_document *document, const char *bytes, size_t length) {
  document->parser.shrink();
  document->is_parsed =
      document->parser.parse(bytes, length, false, document->root) == simdjson::SUCCESS;
  return document->is_parsed;
}

static hydra_value value_of(element element) {
  hydra_value value = {};
  switch (element.type()) {
    case element_type::NULL_VALUE: value.kind = HYDRA_VALUE_NULL; break;
    case element_type::BOOL:
      value.kind = HYDRA_VALUE_BOOL;
      (void)element.get(value.boolean);
      break;
    case element_type::UINT64:
      value.kind = HYDRA_VALUE_UNSIGNED;
      (void)element.get(value.unsigned_number);
      break;
    case element_type::INT64:
      (void)element.get(value.signed_number);
      value.kind = value.signed_number < 0 ? HYDRA_VALUE_SIGNED : HYDRA_VALUE_UNSIGNED;
      value.unsigned_number = uint64_t(value.signed_number);
      break;
    case element_type::DOUBLE:
      value.kind = HYDRA_VALUE_DOUBLE;
      (void)element.get(value.real);
      break;
    case element_type::STRING: {
      value.kind = HYDRA_VALUE_STRING;
      std::string_view text;
      (void)element.get(text);
      value.text = text.data();
      value.text_length = text.size();
      break;
    }
    case element_type::ARRAY: {
      value.kind = HYDRA_VALUE_ARRAY;
      simdjson::dom::array array;
      (void)element.get(array);
      value.count = array.size();
      break;
    }
    case element_type::OBJECT: {
      value.kind = HYDRA_VALUE_OBJECT;
      object members;
      (void)element.get(members);
      value.count = members.size();
      break;
    }
  }
  return value;
}

hydra_value hydra_document_value(const hydra_document *document, const char *pointer,
                                 size_t pointer_length) {
  element found;
  if (!document->is_parsed ||
      document->root.at_pointer({pointer, pointer_length}).get(found) != simdjson::SUCCESS) {
    return {};
  }
  return value_of(found);
}

hydra_value hydra_document_member(const hydra_document *document, const char *pointer,
                                  size_t pointer_length, size_t index, const char **key,
                                  size_t *key_length) {
  object members;
  if (!document->is_parsed ||
      document->root.at_pointer({pointer, pointer_length}).get(members) != simdjson::SUCCESS) {
    return {};
  }
  for (auto member : members) {
    if (index-- == 0) {
      *key = member.key.data();
      *key_length = member.key.size();
      return value_of(member.value);
    }
  }
  return {};
}
