#include "text/json_tokens.hpp"

#include <algorithm>
#include <cstring>

#include "text/json_string.hpp"
#include "text/utf8.hpp"

namespace entail::text {
namespace {

static_assert(kJsonPadding >= simdjson::SIMDJSON_PADDING);

// The first stage reports what is wrong with a text but not where: searches again, slowly.
Error locate_fault(std::string_view text) noexcept {
  const std::size_t valid = utf8_valid_size(text);
  if (valid != text.size()) return Error(ErrorCode::bad_utf8, valid);
  bool in_string = false;
  std::size_t quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      in_string = !in_string;
      quote = i;
    } else if (in_string && static_cast<unsigned char>(c) < 0x20) {
      return Error(ErrorCode::bad_json, i);
    } else if (in_string && c == '\\') {
      ++i;
    }
  }
  return Error(ErrorCode::bad_json, in_string ? quote : 0);
}

}  // namespace

Result<void> JsonTokens::reserve(std::size_t size) {
  if (size > simdjson::SIMDJSON_MAXSIZE_BYTES - kJsonPadding) return Error(ErrorCode::too_large);
  if (text_.size() < size + kJsonPadding) text_.resize(std::max(size + kJsonPadding, text_.size() * 2));
  const std::size_t capacity = text_.size();
  simdjson::error_code fault = simdjson::SUCCESS;
  if (index_ == nullptr) {
    // One level of depth: the second stage, which needs more, is never run.
    fault = simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, index_);
  } else if (index_->capacity() < size) {
    fault = index_->set_capacity(capacity);
  }
  if (fault == simdjson::SUCCESS) return {};
  return Error(fault == simdjson::CAPACITY ? ErrorCode::too_large : ErrorCode::out_of_memory);
}

Result<void> JsonTokens::load(std::string_view text) {
  const Result<void> reserved = reserve(text.size());
  if (!reserved.ok()) return reserved;
  if (!text.empty()) std::memcpy(text_.data(), text.data(), text.size());
  std::memset(text_.data() + text.size(), 0, kJsonPadding);
  size_ = text.size();
  const simdjson::error_code fault =
      index_->stage1(reinterpret_cast<const std::uint8_t*>(text_.data()), size_, simdjson::stage1_mode::regular);
  if (fault != simdjson::SUCCESS) return locate_fault(text);
  next_ = index_->structural_indexes.get();
  end_ = next_ + index_->n_structural_indexes;
  return {};
}

Result<void> JsonTokens::skip(const char* token) {
  if (*token != '{' && *token != '[') return {};
  open_.clear();
  open_.push_back(*token);
  while (!open_.empty()) {
    token = take();
    if (*token == '{' || *token == '[') {
      open_.push_back(*token);
    } else if (*token == '}' || *token == ']') {
      // Both pairs of brackets are two apart in ASCII.
      if (open_.back() + 2 != *token) return Error(ErrorCode::bad_json, offset(token));
      open_.pop_back();
    } else if (at_end()) {
      return Error(ErrorCode::bad_json, offset(token));
    }
  }
  return {};
}

}  // namespace entail::text
