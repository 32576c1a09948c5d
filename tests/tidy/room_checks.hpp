// The rooms of the core: core/CMakeLists.txt lists them with their links; everything else is compared with that list.
// Thread rule: Immutable (free functions).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/checks.hpp"

namespace entail::tidy {

// One line entail_room(name ...).
struct Room {
  std::string name;
  std::vector<std::string> links;  // rooms alone, without the prefix entail_
  std::size_t line = 0;
};

// In the order in which data flows.
std::vector<Room> rooms_of(const SourceFile& cmake);

// A room includes the rooms that it links and the public API; tools include only public headers; core includes neither
// tests or tools.
Faults include_edges(const SourceFile& file, const std::vector<Room>& rooms);

// Linked rooms that are not declared above, and those that no file of the room includes.
Faults room_links(const SourceFile& cmake, const std::vector<SourceFile>& files);

// Rooms that the page, from its line `heading` on, does not list in the order of `rooms`.
Faults rooms_out_of_order(const SourceFile& page, std::string_view heading, const std::vector<Room>& rooms);

}  // namespace entail::tidy
