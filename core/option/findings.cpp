#include "option/findings.hpp"

#include <algorithm>
#include <cmath>

#include "option/format.hpp"
#include "option/nearest.hpp"
#include "text/utf8.hpp"

namespace entail::option {

namespace {

constexpr std::size_t kCaretLineCharsMax = 100;

// Settings that a program fills in by hand can hold any alternative of OptionValue.
bool has_kind(Kind kind, const OptionValue& value) noexcept {
  switch (kind) {
    case Kind::duration:
    case Kind::size:
    case Kind::whole:
    case Kind::choice:
    case Kind::choices:
      return std::holds_alternative<std::int64_t>(value);
    case Kind::percentage:
      return std::holds_alternative<double>(value);
    case Kind::boolean:
      return std::holds_alternative<bool>(value);
    case Kind::text:
      return std::holds_alternative<std::string>(value);
    case Kind::texts:
      return std::holds_alternative<std::vector<std::string>>(value);
    case Kind::allocations:
    case Kind::custom:
      return false;  // never a value of its own
  }
  return false;
}

}  // namespace

void Findings::check_value(const Shape& shape, const OptionValue& value, const std::string& path,
                           const std::string& where) {
  bool ok = true;
  bool missing = std::holds_alternative<std::monostate>(value);
  if (!missing && !has_kind(shape.kind, value)) {
    ok = false;
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    const auto bits = static_cast<std::uint64_t>(*number);
    if (shape.kind == Kind::choice)
      ok = bits < shape.choices.size() - shape.aliases;
    else if (shape.kind == Kind::choices)
      ok = bits >> shape.choices.size() == 0;
    else
      ok = shape.bounds.contains(*number);
    missing = shape.kind == Kind::choices && *number == 0;
  } else if (const auto* share = std::get_if<double>(&value)) {
    ok = std::isfinite(*share) && *share >= 0 && *share <= 100;
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    missing = text->empty();
  } else if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    ok = texts->size() <= shape.bounds.max;
  }
  if (!ok)
    error(path, where + ": expected " + expectation(shape));
  else if (missing && shape.presence == Presence::required)
    error(path, where + " is required: " + expectation(shape));
}

void Findings::unknown_setting(const std::string& key, std::span<const std::string_view> known, const std::string& path,
                               const std::string& where) {
  error(path, where + ": unknown setting '" + key + "'" +
                  (known.empty() ? std::string("; there are none here") : suggestion(key, known)));
}

std::string caret_lines(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::size_t before = text.substr(0, offset).rfind('\n');
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  std::size_t at = offset - begin;
  std::string shown;
  if (at > kCaretLineCharsMax / 2) {
    std::size_t cut = at - kCaretLineCharsMax / 2;
    while (cut > 0 && !text::starts_character(line[cut])) --cut;  // not inside a character
    line.remove_prefix(cut);
    at -= cut;
    shown = "...";
  }
  std::size_t end = std::min(kCaretLineCharsMax, line.size());
  while (end < line.size() && !text::starts_character(line[end])) ++end;
  const std::size_t indent = shown.size();
  std::size_t columns = 0;
  for (std::size_t i = 0; i < at && i < line.size(); ++i) columns += text::starts_character(line[i]);
  shown += line.substr(0, end);
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  return "    " + shown + (end < line.size() ? "..." : "") + "\n    " + std::string(indent + columns, ' ') + "^";
}

}  // namespace entail::option
