// The steps shared by all functions of entail.h: structs of other sizes, error details, statuses, exceptions.
// Thread rule: Immutable (free functions only).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>

#include "entail/entail.h"
#include "entail/result.hpp"

namespace entail::capi {

constexpr std::uint32_t kStructBytesMax = 4096;  // a larger struct_size indicates an uninitialised struct

// True if the struct may be read or written up to the size that both sides know. In every version of a struct its size
// is a multiple of its alignment, so no field is ever split.
template <class Struct>
bool is_known(const Struct& other) noexcept {
  static_assert(offsetof(Struct, struct_size) == 0 && sizeof(Struct) <= kStructBytesMax);
  const std::uint32_t size = other.struct_size;
  if (size == 0 || size % alignof(Struct) != 0 || size > kStructBytesMax) return false;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&other);
  for (std::size_t i = sizeof(Struct); i < size; ++i)
    if (bytes[i] != 0) return false;
  return true;
}

// Copies the fields of the caller's struct; the others in `known` keep their defaults. REQUIRES is_known(other).
template <class Struct>
void read_struct(const Struct& other, Struct& known) noexcept {
  std::memcpy(static_cast<void*>(&known), &other, std::min<std::size_t>(other.struct_size, sizeof(Struct)));
}

// Writes the fields that the caller's struct has, except struct_size. REQUIRES is_known(other).
template <class Struct>
void write_struct(const Struct& known, Struct& other) noexcept {
  const std::uint32_t size = other.struct_size;
  std::memcpy(static_cast<void*>(&other), &known, std::min<std::size_t>(size, sizeof(Struct)));
  other.struct_size = size;
}

struct Detail {
  std::uint64_t offset = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// Fills in *error, unless it is null, and returns the status.
entail_status_t fail(entail_error_t* error, entail_status_t status, std::string_view message,
                     Detail detail = {}) noexcept;
// The same with the status and the text of an Error of the C++ API.
entail_status_t fail(entail_error_t* error, Error cause) noexcept;

entail_status_t status_of(ErrorCode code) noexcept;
const char* text_of(entail_status_t status) noexcept;

// Runs the body of a C function and converts exceptions to a status.
template <class Body>
entail_status_t guarded(entail_error_t* error, Body&& body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return fail(error, ENTAIL_E_MEMORY, "out of memory");
  } catch (...) {
    return fail(error, ENTAIL_E_INTERNAL, "a fault of the library: an exception reached the boundary");
  }
}

// Copies text to the caller's buffer. *size is the size needed.
entail_status_t copy_out(std::string_view text, char* buffer, std::size_t buffer_size, std::size_t* size,
                         entail_error_t* error) noexcept;

}  // namespace entail::capi
