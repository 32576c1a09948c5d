#include "ottl/grok.hpp"

#include <array>
#include <vector>

#include "ottl/csv.hpp"
#include "text/ascii.hpp"

namespace entail::ottl {

namespace {

struct BuiltIn {
  std::string_view name;
  std::string_view regex;
};

// Words, numbers and times, defined as in the Collector's grok library; configurations can define more.
constexpr std::array kBuiltIn = {
    BuiltIn{"WORD", R"(\b\w+\b)"},
    BuiltIn{"NOTSPACE", R"(\S+)"},
    BuiltIn{"SPACE", R"(\s*)"},
    BuiltIn{"DATA", R"(.*?)"},
    BuiltIn{"GREEDYDATA", R"(.*)"},
    BuiltIn{"INT", R"((?:[+-]?(?:[0-9]+)))"},
    BuiltIn{"NUMBER", R"((?:%{BASE10NUM}))"},
    BuiltIn{"BASE10NUM", R"(([+-]?(?:[0-9]+(?:\.[0-9]+)?)|\.[0-9]+))"},
    BuiltIn{"BASE16NUM", R"([+-]?(?:0x)?[0-9A-Fa-f]+)"},
    BuiltIn{"POSINT", R"(\b[1-9][0-9]*\b)"},
    BuiltIn{"NONNEGINT", R"(\b[0-9]+\b)"},
    BuiltIn{"BOOL", R"(true|false)"},
    BuiltIn{"UUID", R"([A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12})"},
    BuiltIn{"USERNAME", R"([a-zA-Z0-9._-]+)"},
    BuiltIn{"USER", R"(%{USERNAME})"},
    BuiltIn{"IPV4", R"((?:(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.){3}(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?))"},
    BuiltIn{"COMMONMAC", R"((?:(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2}))"},
    BuiltIn{"MONTHNUM", R"((?:0[1-9]|1[0-2]))"},
    BuiltIn{"MONTHDAY", R"((?:(?:0[1-9])|(?:[12][0-9])|(?:3[01])|[1-9]))"},
    BuiltIn{"YEAR", R"((\d\d){1,2})"},
    BuiltIn{"HOUR", R"((?:2[0123]|[01]?[0-9]))"},
    BuiltIn{"MINUTE", R"((?:[0-5][0-9]))"},
    BuiltIn{"SECOND", R"((?:(?:[0-5][0-9]|60)(?:[:.,][0-9]+)?))"},
    BuiltIn{"TIME", R"(%{HOUR}:%{MINUTE}(?::%{SECOND})?)"},
    BuiltIn{"ISO8601_TIMEZONE", R"((?:Z|[+-]%{HOUR}(?::?%{MINUTE})))"},
    BuiltIn{"TIMESTAMP_ISO8601",
            R"(%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?)"},
};

constexpr std::string_view kPoint = "___";
constexpr std::size_t kRegexBytesMax = 1 << 16;  // of the expanded pattern
constexpr int kRoundsMax = 1000;                 // definitions may name one another

bool is_word(char c) noexcept { return text::is_letter_or_digit(c) || c == '_'; }

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t next = text.find(from, at);
    out += text.substr(at, next == std::string_view::npos ? next : next - at);
    if (next == std::string_view::npos) return out;
    out += to;
    at = next + from.size();
  }
}

struct Reference {
  std::string_view whole;               // "%{NAME:key:int}", of the pattern
  std::vector<std::string_view> parts;  // "NAME", "key", "int"
};

// The first reference at or after `at`, which moves behind it.
bool next_reference(std::string_view pattern, std::size_t& at, Reference& out) {
  for (; (at = pattern.find("%{", at)) != std::string_view::npos; ++at) {
    std::size_t end = at + 2;
    while (end < pattern.size() &&
           (is_word(pattern[end]) || pattern[end] == ':' || pattern[end] == '+' || pattern[end] == '.'))
      ++end;
    if (end == pattern.size() || pattern[end] != '}') continue;
    out.whole = pattern.substr(at, end + 1 - at);
    out.parts = split_text(out.whole.substr(2, out.whole.size() - 3), ":");
    bool fits = out.parts.size() <= 3;
    for (std::size_t i = 0; i < out.parts.size(); ++i) {
      fits = fits && !out.parts[i].empty();
      for (const char c : out.parts[i]) fits = fits && (is_word(c) || (i == 1 && (c == '+' || c == '.')));
    }
    if (!fits) continue;
    at = end + 1;
    return true;
  }
  return false;
}

const std::string* definition_of(const GrokDefinitions& definitions, std::string_view name, std::string& built_in) {
  if (const auto known = definitions.find(name); known != definitions.end()) return &known->second;
  for (const BuiltIn& row : kBuiltIn) {
    if (row.name != name) continue;
    built_in = row.regex;
    return &built_in;
  }
  return nullptr;
}

}  // namespace

bool expand_grok(std::string_view pattern, const GrokDefinitions& definitions, bool named_only, GrokPattern& out,
                 std::string& error) {
  if (pattern.size() > kRegexBytesMax) {
    error = "the grok pattern is too large";
    return false;
  }
  out.regex = pattern;
  for (int round = 0; round < kRoundsMax; ++round) {
    const std::string before = out.regex;
    std::vector<Reference> references;
    Reference reference;
    for (std::size_t at = 0; next_reference(before, at, reference);) references.push_back(reference);
    if (references.empty()) return true;
    for (const Reference& one : references) {
      std::string built_in;
      const std::string* const regex = definition_of(definitions, one.parts[0], built_in);
      if (regex == nullptr) {
        error =
            "the grok pattern " + std::string(one.parts[0]) + " is not built in; define it with pattern_definitions";
        return false;
      }
      const std::string group = one.parts.size() > 1 ? replaced(one.parts[1], ".", kPoint) : std::string(one.parts[0]);
      if (one.parts.size() == 3) out.types[group] = one.parts[2];
      const bool is_plain = named_only && one.parts.size() == 1;
      out.regex = replaced(out.regex, one.whole, is_plain ? "(" + *regex + ")" : "(?P<" + group + ">" + *regex + ")");
      if (out.regex.size() > kRegexBytesMax) {
        error = "the grok pattern is too large";
        return false;
      }
    }
  }
  return true;
}

std::string grok_key(std::string_view group) { return replaced(group, kPoint, "."); }

}  // namespace entail::ottl
