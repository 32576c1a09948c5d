#include "text/json_path.hpp"

#include <algorithm>
#include <vector>

namespace entail::text {
namespace {

constexpr std::size_t kKeySizeMax = 64;

// An object or array that the value is in.
struct Container {
  bool is_array = false;
  std::uint64_t index = 0;
  std::string_view key;
};

// The content of the string behind the quote at `begin`.
std::string_view string_at(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  return text.substr(begin, end - begin);
}

void append_step(const Container& container, std::string& path) {
  if (container.is_array) {
    path += '[' + std::to_string(container.index) + ']';
    return;
  }
  if (!path.empty()) path += '.';
  path += container.key.substr(0, kKeySizeMax);
  if (container.key.size() > kKeySizeMax) path += "...";
}

}  // namespace

std::string json_path(std::string_view text, std::uint64_t offset) {
  const std::size_t end = std::min<std::uint64_t>(offset, text.size());
  std::vector<Container> open;
  for (std::size_t at = 0; at < end; ++at) {
    switch (text[at]) {
      case '{':
      case '[':
        open.push_back({.is_array = text[at] == '[', .index = 0, .key = {}});
        break;
      case '}':
      case ']':
        if (!open.empty()) open.pop_back();
        break;
      case ',':
        if (!open.empty()) ++open.back().index;
        break;
      case '"': {
        const std::string_view content = string_at(text, at + 1);
        // A string that is a value is followed by another key before the path is made.
        if (!open.empty()) open.back().key = content;
        at += content.size() + 1;
        break;
      }
      default:
        break;
    }
  }
  std::string path;
  for (const Container& container : open) append_step(container, path);
  return path;
}

}  // namespace entail::text
