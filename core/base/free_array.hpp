// free_array(): frees the memory of an array. `array = {}` does not: of a std::vector it assigns an empty list, which
// keeps the capacity.
#pragma once

namespace entail::base {

template <class Array>
void free_array(Array& array) noexcept {
  Array().swap(array);
}

}  // namespace entail::base
