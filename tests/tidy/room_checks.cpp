#include "tests/tidy/room_checks.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include "tests/tidy/source_text.hpp"

namespace entail::tidy {
namespace {

// The C interface uses the public C++ API, which the engine implements; of the rooms it may include only these.
bool may_capi_include(std::string_view target) {
  return target.starts_with("capi/") || target.starts_with("base/") || target == "sync/atomic.hpp";
}

const Room* find(const std::vector<Room>& rooms, std::string_view name) {
  const auto found = std::find_if(rooms.begin(), rooms.end(), [&](const Room& room) { return room.name == name; });
  return found == rooms.end() ? nullptr : &*found;
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view folder_of(std::string_view path) { return path.substr(0, path.find('/')); }

// The path of an include line, from the include root; empty if none.
std::string_view included(std::string_view line) {
  constexpr std::string_view kInclude = "#include \"";
  if (!line.starts_with(kInclude)) return {};
  line.remove_prefix(kInclude.size());
  return line.substr(0, line.find('"'));
}

bool may_room_include(const Room& room, std::string_view target) {
  const std::string_view folder = folder_of(target);
  if (folder == "entail" || folder == room.name) return true;
  return has(room.links, folder) && (room.name != "capi" || may_capi_include(target));
}

}  // namespace

std::vector<Room> rooms_of(const SourceFile& cmake) {
  constexpr std::string_view kCall = "\nentail_room(";
  constexpr std::string_view kPrefix = "entail_";
  std::vector<Room> rooms;
  const std::string text = "\n" + cmake.text;
  for (std::size_t at = text.find(kCall); at != std::string::npos; at = text.find(kCall, at + 1)) {
    const std::size_t begin = at + kCall.size();
    std::istringstream words(text.substr(begin, text.find(')', begin) - begin));
    Room room;
    room.line = line_of(text, at);
    words >> room.name;
    for (std::string word; words >> word;)
      if (word.starts_with(kPrefix)) room.links.push_back(word.substr(kPrefix.size()));
    rooms.push_back(std::move(room));
  }
  return rooms;
}

Faults include_edges(const SourceFile& file, const std::vector<Room>& rooms) {
  Faults faults;
  if (!is_source(file)) return faults;
  const bool in_public = is_in(file, "core/include/");
  const bool in_core = is_in(file, "core/") && !in_public;
  const Room* const room = in_core ? find(rooms, folder_of(std::string_view(file.path).substr(5))) : nullptr;
  if (in_core && room == nullptr) return {fault_at(file, 1, "in no known room")};
  const auto lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view target = included(lines[i]);
    if (target.empty()) continue;
    const std::string_view folder = folder_of(target);
    const bool is_inside = folder == "core" || folder == "tests" || find(rooms, folder) != nullptr;
    const bool allowed = room != nullptr                         ? may_room_include(*room, target)
                         : in_public || is_in(file, "examples/") ? folder == "entail"
                         : is_in(file, "tools/")                 ? !is_inside
                                                                 : true;
    if (!allowed) faults.push_back(fault_at(file, i + 1, "may not include \"" + std::string(target) + "\""));
  }
  return faults;
}

Faults room_links(const SourceFile& cmake, const std::vector<SourceFile>& files) {
  Faults faults;
  std::set<std::string> above;
  for (const Room& room : rooms_of(cmake)) {
    std::set<std::string> seen;
    for (const SourceFile& file : files) {
      if (!is_in(file, "core/" + room.name + "/") || !is_source(file)) continue;
      for (const std::string_view line : lines_of(file.text)) seen.emplace(folder_of(included(line)));
    }
    if (room.name == "capi") seen.insert("engine");  // it implements the public API that capi includes
    for (const std::string& link : room.links) {
      const std::string edge = room.name + " links " + link;
      if (!above.contains(link))
        faults.push_back(fault_at(cmake, room.line, edge + ", which is not declared above it"));
      if (!seen.contains(link)) faults.push_back(fault_at(cmake, room.line, edge + " and includes nothing of it"));
    }
    above.insert(room.name);
  }
  return faults;
}

Faults rooms_out_of_order(const SourceFile& page, std::string_view heading, const std::vector<Room>& rooms) {
  Faults faults;
  std::size_t at = page.text.find("\n" + std::string(heading) + "\n");
  if (at == std::string::npos) return {fault_at(page, 1, "has no line " + std::string(heading))};
  for (const Room& room : rooms) {
    const std::string name = "core/" + room.name;
    std::size_t found = page.text.find(name, at);
    while (found != std::string::npos && word_at(std::string_view(page.text).substr(found + 5)) != room.name)
      found = page.text.find(name, found + 1);
    if (found == std::string::npos)
      faults.push_back(fault_at(page, line_of(page.text, at), name + " is not listed behind the room above it"));
    else
      at = found;
  }
  return faults;
}

}  // namespace entail::tidy
