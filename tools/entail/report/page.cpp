#include "report/page.hpp"

namespace entail::cli::report {
namespace {

// The placeholder for the data in the built page (web/index.html).
constexpr std::string_view kMarker = "{\"format\":\"entail-report\",\"version\":0}";

}  // namespace

std::string page_with(std::string_view json) {
  const std::string_view page = page_template();
  const std::size_t at = page.find(kMarker);
  if (at == std::string_view::npos) return {};
  std::string text;
  text.reserve(page.size() + json.size() + json.size() / 16);
  text += page.substr(0, at);
  for (const char c : json) {
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  }
  text += page.substr(at + kMarker.size());
  return text;
}

}  // namespace entail::cli::report
