// The grammars of the tracestate list and of the `ot` value, for the parser and the rewriters. Internal to the room.
// No allocation. Thread rule: Confined (the cursor), Immutable (the function).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "context/tracestate.hpp"

namespace entail::context::detail {

constexpr unsigned kMembersMax = 32;
constexpr std::size_t kKeySizeMax = 256;
constexpr std::size_t kValueSizeMax = 256;
constexpr std::string_view kOtKey = "ot";

// A list member that is not empty; [begin, end) is its range in the text without surrounding whitespace.
struct Member {
  std::string_view key;
  std::string_view value;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Iterates over the members that are not empty; validates each, their number, and that keys are unique (at level two:
// that of ot).
class MemberCursor {
 public:
  MemberCursor(std::string_view text, TracestateLevel level) noexcept : text_(text), level_(level) {}
  // Returns false at the end and at the first error; failed() says which.
  bool next(Member& member) noexcept;
  bool failed() const noexcept { return error_ != TracestateError::none; }
  // Why the iteration stopped. REQUIRES failed().
  TracestateError error() const noexcept { return error_; }
  // List members so far, including empty ones.
  unsigned slot_count() const noexcept { return slot_count_; }

 private:
  struct Key {
    const char* data;
    std::size_t size;
  };
  bool fail(TracestateError error) noexcept {
    error_ = error;
    return false;
  }
  bool insert(std::string_view key) noexcept;

  std::string_view text_;
  TracestateLevel level_;
  TracestateError error_ = TracestateError::none;
  bool at_end_ = false;
  std::size_t at_ = 0;
  unsigned slot_count_ = 0;
  unsigned key_count_ = 0;
  std::array<Key, kMembersMax> keys_;  // the first key_count_ are set
};

// A parsed `ot` value, and the range of its th entry ("th:...", without separators).
struct OtValue {
  OtState state;
  unsigned entry_count = 0;
  std::size_t threshold_begin = 0;
  std::size_t threshold_end = 0;
};

// Fails with bad_ot unless the value matches the grammar: unique keys [a-z][a-z0-9]*, values [A-Za-z0-9._-]*, th of 1
// to 14 and rv of exactly 14 lower-case hex digits, at most 256 characters.
Result<OtValue, TracestateError> parse_ot(std::string_view value) noexcept;

}  // namespace entail::context::detail
