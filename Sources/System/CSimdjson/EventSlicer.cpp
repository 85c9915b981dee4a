#include <simdjson.h>

#include <memory>
#include <string_view>

#include "include/CSimdjson.h"

namespace ondemand = simdjson::ondemand;

struct hydra_slicer {
  std::unique_ptr<ondemand::parser> parser{new ondemand::parser()};

  ptrdiff_t slice(const char *bytes, size_t length, std::string_view inner, hydra_slice *slices,
                  size_t capacity) {
    // A parser keeps several bytes for each byte of its longest text.
    if (parser->capacity() > usual_length) parser.reset(new ondemand::parser());
    base_ = bytes;
    slices_ = slices;
    capacity_ = capacity;
    count_ = 0;
    ondemand::document document;
    ondemand::json_type type;
    auto error = parser->iterate(bytes, length, length + simdjson::SIMDJSON_PADDING).get(document);
    if (error || document.type().get(type)) return -1;
    if (type == ondemand::json_type::array) {
      ondemand::array elements;
      return !document.get_array().get(elements) && walk(elements) ? count_ : -1;
    }
    ondemand::object event;
    if (document.get_object().get(event)) return -1;
    return walk(event, HYDRA_SLICE_EVENT, inner) ? count_ : -1;
  }

 private:
  static constexpr size_t usual_length = 4 << 20;

  const char *base_ = nullptr;
  hydra_slice *slices_ = nullptr;
  size_t capacity_ = 0;
  ptrdiff_t count_ = 0;

  bool walk(ondemand::object object, int level, std::string_view inner) {
    for (auto member : object) {
      ondemand::field field;
      std::string_view key;
      if (std::move(member).get(field) || field.unescaped_key().get(key)) return false;
      ondemand::value value = field.value();
      const bool goes_in = level == HYDRA_SLICE_EVENT
                               ? key == "stateChanged"
                               : level == HYDRA_SLICE_CHANGE && !inner.empty() && key == inner;
      ondemand::json_type type;
      if (value.type().get(type)) return false;
      if (goes_in && type == ondemand::json_type::object) {
        ondemand::object nested;
        if (value.get_object().get(nested) || !walk(nested, level + 1, inner)) return false;
      } else if (!add(key, value, type, level)) {
        return false;
      }
    }
    return true;
  }

  bool walk(ondemand::array elements) {
    for (auto element : elements) {
      ondemand::value value;
      ondemand::json_type type;
      if (std::move(element).get(value) || value.type().get(type) ||
          !add({}, value, type, HYDRA_SLICE_EVENT)) {
        return false;
      }
    }
    return true;
  }

  bool add(std::string_view key, ondemand::value value, ondemand::json_type type, int level) {
    std::string_view text;
    if (type == ondemand::json_type::object) {
      ondemand::object nested;
      if (value.get_object().get(nested) || nested.raw_json().get(text)) return false;
    } else if (type == ondemand::json_type::array) {
      ondemand::array nested;
      if (value.get_array().get(nested) || nested.raw_json().get(text)) return false;
    } else {
      text = value.raw_json_token();
    }
    // A scalar's token reaches to the next token.
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    if (size_t(count_) < capacity_) {
      slices_[count_] = {key.data(), key.size(), size_t(text.data() - base_), text.size(), level};
    }
    count_++;
    return true;
  }

  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
};

hydra_slicer *hydra_slicer_create(void) { return new hydra_slicer(); }
void hydra_slicer_destroy(hydra_slicer *slicer) { delete slicer; }

ptrdiff_t hydra_slicer_slice(hydra_slicer *slicer, const char *bytes, size_t length,
                             const char *inner, size_t inner_length, hydra_slice *slices,
                             size_t capacity) {
  std::string_view name;
  if (inner != nullptr) name = {inner, inner_length};
  return slicer->slice(bytes, length, name, slices, capacity);
}
