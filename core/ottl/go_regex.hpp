// Go's regular expressions on RE2, which differ in little: Go also writes named groups (?<name>...), has no \C, and
// reads a byte that is not UTF-8 as U+FFFD. Thread rule: Immutable once compiled.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace entail::ottl {

// The pattern for RE2, or nothing where Go refuses it.
std::optional<std::string> re2_pattern(std::string_view go_pattern);

enum class Captures : bool { none, all };
// Null: error says why.
std::unique_ptr<re2::RE2> compile_regex(std::string_view go_pattern, Captures captures, std::string& error);

// A pattern that is read for what its groups match.
class GoRegex {
 public:
  // Null: error says why.
  static std::unique_ptr<GoRegex> compile(std::string_view pattern, std::string& error);
  ~GoRegex();

  // What each group matched, the whole match first; nothing: no match. Groups that did not match are empty.
  std::optional<std::vector<std::string_view>> captures(std::string_view text) const;
  // Of each group, the whole match first; empty without a name.
  const std::vector<std::string>& group_names() const noexcept { return names_; }
  bool has_named_groups() const noexcept;

 private:
  GoRegex();
  std::unique_ptr<re2::RE2> regex_;
  std::vector<std::string> names_;
};

}  // namespace entail::ottl
