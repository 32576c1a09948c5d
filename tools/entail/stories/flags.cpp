#include "stories/flags.hpp"

#include <algorithm>
#include <charconv>

#include "stories/story.hpp"
#include "usage/mistake.hpp"
#include "usage/nearest_word.hpp"

namespace entail::cli {
namespace {

constexpr std::string_view kMixed = "mixed";

std::string suggestion_of_other(std::string_view typed) {
  std::vector<std::string> names;
  for (const Scenario& scenario : scenarios())
    if (scenario.name != kMixed) names.emplace_back(scenario.name);
  const std::string meant = did_you_mean(typed, names);
  return meant.empty() ? ": " + alternatives(names) : meant;
}

}  // namespace

Flags::Flags(std::span<const FlagSpec> specs) : specs_(specs) {
  for (const FlagSpec& spec : specs_) texts_.emplace(spec.name, spec.default_text);
}

std::string Flags::set(std::string_view name, std::string_view text) {
  const auto spec = std::find_if(specs_.begin(), specs_.end(), [&](const FlagSpec& s) { return s.name == name; });
  if (spec == specs_.end()) return "there is no flag --" + std::string(name);
  const std::string begin = "--" + std::string(name) + " ";
  const char* const end = text.data() + text.size();
  if (spec->kind == FlagSpec::Kind::word) {
    if (std::find(spec->choices.begin(), spec->choices.end(), text) == spec->choices.end()) {
      const std::vector<std::string> known(spec->choices.begin(), spec->choices.end());
      const std::string meant = did_you_mean(text, known);
      return begin + "takes " + alternatives(known) + meant;
    }
  } else if (spec->kind == FlagSpec::Kind::scenarios) {
    const Scenario* const scenario = find_scenario(text);
    if (!scenario || scenario->name == kMixed) {
      return begin + "takes another scenario" + suggestion_of_other(text);
    }
    std::string& given = texts_.find(name)->second;
    if (!given.empty()) given += ',';
    given += text;
    return {};
  } else if (spec->kind == FlagSpec::Kind::share) {
    double share = -1;
    const auto parsed = std::from_chars(text.data(), end, share);
    if (parsed.ec != std::errc() || parsed.ptr != end || !(share >= 0 && share <= 1))
      return begin + "takes a share from 0 to 1";
  } else {
    std::uint64_t count = 0;
    const auto parsed = std::from_chars(text.data(), end, count);
    if (parsed.ec != std::errc() || parsed.ptr != end || count < spec->min || count > spec->max) {
      return begin + "takes a number from " + std::to_string(spec->min) + " to " + std::to_string(spec->max);
    }
  }
  texts_.find(name)->second = text;
  return {};
}

std::uint64_t Flags::count(std::string_view name) const { return std::stoull(texts_.find(name)->second); }
double Flags::share(std::string_view name) const { return std::stod(texts_.find(name)->second); }
const std::string& Flags::word(std::string_view name) const { return texts_.find(name)->second; }

std::vector<std::string> Flags::list(std::string_view name) const {
  std::vector<std::string> items;
  std::string_view rest = texts_.find(name)->second;
  while (!rest.empty()) {
    const std::size_t end = rest.find(',');
    items.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return items;
}

}  // namespace entail::cli
