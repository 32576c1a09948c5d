#include "config/messages.hpp"

#include <algorithm>
#include <functional>
#include <tuple>

namespace entail::config {

namespace {

// A terminal obeys them. Newlines stay: some messages have a second line.
void replace_controls(std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\n') || byte == 0x7f) text[i] = '?';
    const bool is_c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (is_c1) text.replace(i, 2, "?");  // U+0080 to U+009F in UTF-8
  }
}

}  // namespace

void Messages::finish() {
  for (std::vector<ConfigMessage>* list : {&errors, &warnings}) {
    for (ConfigMessage& message : *list) replace_controls(message.text);
    const auto key = [](const ConfigMessage& message) {
      return std::make_tuple(message.line == 0 ? ~0u : message.line, message.column, std::cref(message.text));
    };
    std::sort(list->begin(), list->end(),
              [&](const ConfigMessage& a, const ConfigMessage& b) { return key(a) < key(b); });
    const auto equal = [&](const ConfigMessage& a, const ConfigMessage& b) { return key(a) == key(b); };
    list->erase(std::unique(list->begin(), list->end(), equal), list->end());
  }
}

}  // namespace entail::config
