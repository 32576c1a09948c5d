#include "config/messages.hpp"

#include <algorithm>
#include <functional>
#include <tuple>

namespace entail::config {

void Messages::finish() {
  for (std::vector<ConfigMessage>* list : {&errors, &warnings}) {
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
