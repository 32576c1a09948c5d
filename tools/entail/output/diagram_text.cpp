#include "output/diagram_text.hpp"

namespace entail::cli {

std::string dot_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// Mermaid knows entities by number. Everything that could end the text or be markup becomes one, and so does '%': a
// directive such as %%{init: ...}%% is read even within quotes.
std::string mermaid_escaped(std::string_view text) {
  constexpr std::string_view kPlain = " ,.-_/:()+";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       kPlain.find(c) != std::string_view::npos;
    if (plain)
      escaped += c;
    else
      escaped += "#" + std::to_string(byte) + ";";
  }
  return escaped;
}

std::string dot_quoted(std::string_view text) { return '"' + dot_escaped(text) + '"'; }
std::string mermaid_quoted(std::string_view text) { return '"' + mermaid_escaped(text) + '"'; }

}  // namespace entail::cli
