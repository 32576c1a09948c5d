// The tokens of a JSON text, as the first stage of simdjson finds them: where each bracket, comma, colon, string and
// other scalar begins.
//
// The first stage proves that the text is UTF-8, that all strings are closed and hold no control characters. All else
// (brackets that match, commas, the spelling of numbers) is for the reader to check.
// Thread rule: Confined. Memory: the padded text and four bytes per byte of it for the index, kept between calls.
#pragma once

#include <simdjson.h>

#include <memory>
#include <string_view>
#include <vector>

#include "entail/result.hpp"

namespace entail::text {

class JsonTokens {
 public:
  // Copies and indexes the text. bad_json or bad_utf8 with the offset, too_large, out_of_memory.
  Result<void> load(std::string_view text);

  // The next token; at the end the NUL behind the text, however often.
  const char* take() noexcept {
    const char* const token = text_.data() + *next_;
    next_ += *next_ < size_;
    return token;
  }
  std::size_t size() const noexcept { return size_; }
  bool at_end() const noexcept { return *next_ == size_; }

  // Whether at least `count` more tokens are there, and the i-th of them, which is not taken by that.
  bool has(std::size_t count) const noexcept { return static_cast<std::size_t>(end_ - next_) >= count; }
  const char* peek(std::size_t i) const noexcept { return text_.data() + next_[i]; }
  void take_many(std::size_t count) noexcept { next_ += count; }

  // Bytes from a token that take() just gave to the next one. REQUIRES that it was not the end.
  std::size_t taken_size() const noexcept { return next_[0] - next_[-1]; }

  // The text that load() copied.
  std::string_view text() const noexcept { return {text_.data(), size_}; }
  // The text from a token on.
  std::string_view text_from(const char* token) const noexcept {
    return {token, static_cast<std::size_t>(text_.data() + size_ - token)};
  }
  std::uint64_t offset(const char* token) const noexcept { return static_cast<std::uint64_t>(token - text_.data()); }

  // Passes over the rest of a value whose first token was taken. Brackets have to match, nothing else is checked:
  // bad_json at the token that does not fit.
  Result<void> skip(const char* token);

 private:
  Result<void> reserve(std::size_t size);

  std::unique_ptr<simdjson::internal::dom_parser_implementation> index_;
  std::vector<char> text_;
  std::vector<char> open_;  // brackets that skip() is inside of
  std::size_t size_ = 0;
  const std::uint32_t* next_ = nullptr;
  const std::uint32_t* end_ = nullptr;
};

}  // namespace entail::text
