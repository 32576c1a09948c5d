#include "ottl/go_regex.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace entail::ottl {

std::optional<std::string> re2_pattern(std::string_view go_pattern) {
  std::string out;
  bool in_class = false;
  bool may_name_class = true;  // a ":]" may follow
  for (std::size_t at = 0; at < go_pattern.size(); ++at) {
    const std::string_view rest = go_pattern.substr(at);
    if (rest[0] == '\\' && rest.size() > 1) {
      if (rest.starts_with("\\C") && !in_class) return std::nullopt;
      if (rest.starts_with("\\Q")) {  // literal up to \E
        const std::size_t end = std::min(rest.find("\\E"), rest.size());
        out += rest.substr(0, end);
        at += end - 1;
        continue;
      }
      out += rest.substr(0, 2);
      ++at;
      continue;
    }
    if (rest.starts_with("(?<") && !in_class) {
      out += "(?P<";
      at += 2;
      continue;
    }
    if (rest[0] == '[' && !in_class) {
      in_class = true;
      // A bracket that comes first stands for itself.
      std::size_t first = 1;
      if (rest.substr(first).starts_with('^')) ++first;
      if (rest.substr(first).starts_with(']')) ++first;
      out += rest.substr(0, first);
      at += first - 1;
      continue;
    }
    if (in_class && may_name_class && rest.starts_with("[:")) {
      const std::size_t end = rest.find(":]");
      may_name_class = end != std::string_view::npos;
      if (end != std::string_view::npos) {
        out += rest.substr(0, end + 2);
        at += end + 1;
        continue;
      }
    }
    if (rest[0] == ']') in_class = false;
    out += rest[0];
  }
  return out;
}

std::unique_ptr<re2::RE2> compile_regex(std::string_view go_pattern, Captures captures, std::string& error) {
  const std::optional<std::string> translated = re2_pattern(go_pattern);
  if (!translated) {
    error = "\\C is not part of Go's regular expressions";
    return nullptr;
  }
  RE2::Options options;
  options.set_log_errors(false);  // a library does not print
  options.set_never_capture(captures == Captures::none);
  auto regex = std::make_unique<RE2>(*translated, options);
  if (regex->ok()) return regex;
  error = regex->error();
  return nullptr;
}

GoRegex::GoRegex() = default;
GoRegex::~GoRegex() = default;

std::unique_ptr<GoRegex> GoRegex::compile(std::string_view pattern, std::string& error) {
  std::unique_ptr<GoRegex> out(new GoRegex);
  out->regex_ = compile_regex(pattern, Captures::all, error);
  if (out->regex_ == nullptr) return nullptr;
  out->names_.resize(static_cast<std::size_t>(out->regex_->NumberOfCapturingGroups()) + 1);
  for (const auto& [index, name] : out->regex_->CapturingGroupNames())
    out->names_[static_cast<std::size_t>(index)] = name;
  return out;
}

std::optional<std::vector<std::string_view>> GoRegex::captures(std::string_view text) const {
  std::vector<re2::StringPiece> groups(names_.size());
  const re2::StringPiece piece(text.data(), text.size());
  if (!regex_->Match(piece, 0, text.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size())))
    return std::nullopt;
  std::vector<std::string_view> out;
  for (const re2::StringPiece& group : groups) out.emplace_back(group.data(), group.size());
  return out;
}

bool GoRegex::has_named_groups() const noexcept {
  return std::any_of(names_.begin(), names_.end(), [](const std::string& name) { return !name.empty(); });
}

}  // namespace entail::ottl
