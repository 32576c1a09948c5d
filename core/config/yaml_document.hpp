// A YAML text as a flat list of nodes with positions: the one place that knows yaml-cpp, and where its exceptions end.
//
// Anchors are shared, not copied, so a text of n bytes never makes more than O(n) nodes; merge keys (<<) are resolved,
// an explicit key winning over a merged one. Duplicate keys, complex keys, unknown tags, self-references, further
// documents and bytes that are not UTF-8 are errors. What is wrong is collected; nothing is thrown.
//
// Thread rule: Immutable after load(). Cost: a few hundred ns a value. Memory: about 200 bytes a value; while it
// runs up to 250 bytes a byte, for a text of brackets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "entail/options.hpp"

namespace entail::config {

constexpr std::size_t kTextBytesMax = std::size_t{1} << 20;
constexpr std::size_t kMergedKeysMax = 100'000;  // merged maps of merged maps could square the text

struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, sequence, map };
  struct Entry {
    std::string key;
    Position position;       // of the key
    std::uint32_t node = 0;  // index of the value
  };

  Kind kind = Kind::null;
  bool quoted = false;  // a scalar in quotes or with the tag !!str: a string whatever it looks like
  Position position;
  std::string text;                  // scalar
  std::vector<std::uint32_t> items;  // sequence
  std::vector<Entry> entries;        // map, in order, merged keys last
};

class YamlDocument {
 public:
  // False: the text is not usable as YAML, or there is none; errors (never null) says why.
  bool load(std::string_view text, std::vector<ConfigMessage>* errors);

  // REQUIRES load() returned true.
  const YamlNode& root() const noexcept { return nodes_[root_]; }
  const YamlNode& node(std::uint32_t index) const noexcept { return nodes_[index]; }
  // Makes one of the nodes the root.
  void set_root(std::uint32_t index) noexcept { root_ = index; }
  // Replaces the document by the YAML inside a scalar. Positions stay those of the outer text: exact in a literal block
  // (|), else where the scalar begins. False as for load().
  bool load_nested(std::uint32_t scalar, std::vector<ConfigMessage>* errors);
  // The place of a byte of a scalar: exact for a scalar on one line with plain escapes, else where it begins.
  Position inside(const YamlNode& scalar, std::size_t offset) const noexcept;

 private:
  friend class YamlBuilder;
  std::string text_;
  std::vector<YamlNode> nodes_;
  std::uint32_t root_ = 0;
};

// The entry of a map with this key; null when there is none, or when it is no map.
const YamlNode::Entry* find_entry(const YamlNode& map, std::string_view key) noexcept;

}  // namespace entail::config
