// Frees the memory of an array. `array = {}` does not: of a std::vector it assigns an empty list, which keeps the
// capacity.
#pragma once

#include <cstddef>

namespace entail::base {

template <class Array>
void free_array(Array& array) noexcept {
  Array().swap(array);
}

// Frees it if it has room for more than so many elements.
template <class Array>
void free_array_above(Array& array, std::size_t kept_count) noexcept {
  if (array.capacity() > kept_count) free_array(array);
}

}  // namespace entail::base
