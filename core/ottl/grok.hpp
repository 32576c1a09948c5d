// Grok patterns: regular expressions that name others, %{NAME}, %{NAME:key}, %{NAME:key:int}.
// Thread rule: Immutable (free functions only).
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace entail::ottl {

struct GrokPattern {
  std::string regex;
  std::map<std::string, std::string, std::less<>> types;  // of groups: int, long, float, double, bool, boolean, string
};

// The definitions that the pattern may use beside the built-in ones. False: error says which is not known.
using GrokDefinitions = std::map<std::string, std::string, std::less<>>;
bool expand_grok(std::string_view pattern, const GrokDefinitions& definitions, bool named_only, GrokPattern& out,
                 std::string& error);

// The key of a group: group names cannot hold points.
std::string grok_key(std::string_view group);

}  // namespace entail::ottl
