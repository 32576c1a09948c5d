// Memory for what one evaluation makes: a small buffer of its own, then blocks of the heap, all freed at the end.
// Thread rule: Confined. Cost: a bump of a pointer while the buffer lasts. Limits: kMadeBytesMax.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "ottl/value.hpp"

namespace entail::ottl {

constexpr std::size_t kMadeBytesMax = std::size_t{16} << 20;  // an evaluation that needs more fails

class Arena {
 public:
  Arena() noexcept {}  // leaves the buffer as it is
  ~Arena() {
    while (blocks_ != nullptr) std::free(std::exchange(blocks_, blocks_->next));
  }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Aligned to 8 bytes; null if there is no room left.
  void* allocate(std::size_t size) noexcept {
    if (size <= static_cast<std::size_t>(end_ - at_)) {
      char* const begin = at_;
      at_ += (size + 7) & ~std::size_t{7};
      if (at_ > end_) at_ = end_;
      return begin;
    }
    return allocate_block(size);
  }
  char* characters(std::size_t size) noexcept { return static_cast<char*>(allocate(size)); }
  Value* values(std::size_t count) noexcept {
    if (count > kMadeBytesMax / sizeof(Value)) return nullptr;
    auto* const values = static_cast<Value*>(allocate(count * sizeof(Value)));
    if (values != nullptr)
      for (std::size_t i = 0; i < count; ++i) new (values + i) Value();
    return values;
  }
  // False if there is no room left.
  bool copy(std::string_view text, std::string_view& out) noexcept {
    char* const made = characters(text.size());
    if (made == nullptr) return false;
    if (!text.empty()) std::memcpy(made, text.data(), text.size());
    out = {made, text.size()};
    return true;
  }

 private:
  struct Block {
    Block* next;
  };
  static constexpr std::size_t kBufferBytes = 2048;
  static constexpr std::size_t kBlockBytes = 16384;

  void* allocate_block(std::size_t size) noexcept {
    const std::size_t wanted = sizeof(Block) + (size + 7 > kBlockBytes ? size + 7 : kBlockBytes);
    if (size > kMadeBytesMax || wanted > kMadeBytesMax - heap_bytes_) return nullptr;
    void* const memory = std::malloc(wanted);
    if (memory == nullptr) return nullptr;
    heap_bytes_ += wanted;
    blocks_ = new (memory) Block{blocks_};
    at_ = static_cast<char*>(memory) + sizeof(Block);
    end_ = static_cast<char*>(memory) + wanted;
    return allocate(size);
  }

  alignas(8) char buffer_[kBufferBytes];
  char* at_ = buffer_;
  char* end_ = buffer_ + kBufferBytes;
  Block* blocks_ = nullptr;
  std::size_t heap_bytes_ = 0;
};

}  // namespace entail::ottl
