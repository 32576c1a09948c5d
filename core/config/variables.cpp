#include "config/variables.hpp"

#include <algorithm>

#include "text/ascii.hpp"

namespace entail::config {
namespace {

bool is_name(std::string_view name) noexcept {
  const auto is_letter = [](char c) { return text::is_letter(c) || c == '_'; };
  const auto is_part = [&](char c) { return is_letter(c) || text::is_digit(c); };
  return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), is_part);
}

// Appends the value of the name between ${ and }. A problem, or empty.
std::string append_value(std::string_view reference, const std::map<std::string, std::string>& environment,
                         std::string& out) {
  constexpr std::string_view kScheme = "env:";
  std::string_view name = reference;
  if (name.starts_with(kScheme)) name.remove_prefix(kScheme.size());
  const std::size_t mark = name.find(":-");
  const std::string_view fallback = mark == std::string_view::npos ? std::string_view() : name.substr(mark + 2);
  const bool has_fallback = mark != std::string_view::npos;
  name = name.substr(0, mark);
  if (!is_name(name)) {
    const bool other_scheme = name.find(':') != std::string_view::npos;
    return other_scheme ? "only ${env:NAME} is expanded" : "a variable's name has letters, digits and underscores";
  }
  if (const auto found = environment.find(std::string(name)); found != environment.end()) {
    out += found->second;
  } else if (has_fallback) {
    out += fallback;
  } else {
    return "the variable " + std::string(name) + " has no value";
  }
  return {};
}

}  // namespace

bool is_one_variable(std::string_view text) noexcept {
  return text.starts_with("${") && text.find('}') == text.size() - 1;
}

Expansion expand_variables(std::string_view text, const std::map<std::string, std::string>& environment) {
  Expansion expansion;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] != '$' || next != '{') {
      expansion.text += text[i];
      if (text[i] == '$' && next == '$') ++i;
      continue;
    }
    const std::size_t end = text.find('}', i);
    if (end == std::string_view::npos) {
      expansion.problem = "a ${ has no }";
      return expansion;
    }
    expansion.problem = append_value(text.substr(i + 2, end - i - 2), environment, expansion.text);
    if (!expansion.problem.empty()) return expansion;
    i = end;
  }
  return expansion;
}

}  // namespace entail::config
