// XPath, as far as conditions need it: steps along child, // and attributes, . and .., names, *, text(),
// comment(); predicates by position, last(), existence and equality; unions. Anything else is refused when a condition
// is compiled. Thread rule: Immutable once compiled.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottl/xml.hpp"

namespace entail::ottl {

constexpr std::uint64_t kXPathStepsMax = 1 << 20;  // nodes visited

struct XmlMatch {
  int node = 0;
  int attribute = -1;  // of the node; -1: the node itself
  auto operator<=>(const XmlMatch&) const noexcept = default;
};

class XPath {
 public:
  // Null: error says what is not supported.
  static std::unique_ptr<XPath> compile(std::string_view text, std::string& error);
  // In the order of the document. Nothing: the search takes more than kXPathStepsMax steps.
  std::optional<std::vector<XmlMatch>> find(const XmlTree& tree) const;

 private:
  friend class XPathParser;
  enum class Axis : std::uint8_t { child, descendant, attribute, self, parent };
  enum class Test : std::uint8_t { name, any, text, node, comment };
  struct Path;
  struct Predicate {
    enum class Kind : std::uint8_t { position, last, exists, equals, differs };
    Kind kind = Kind::position;
    std::size_t position = 0;
    std::shared_ptr<const Path> path;
    std::string value;
  };
  struct Step {
    Axis axis = Axis::child;
    bool is_deep = false;  // attributes of all elements below
    Test test = Test::name;
    std::string prefix;
    std::string name;
    std::vector<Predicate> predicates;
  };
  struct Path {
    bool is_absolute = false;
    std::vector<Step> steps;
  };

  // One search. Predicates within predicates would take exponentially many steps.
  struct Search {
    const XmlTree& tree;
    std::uint64_t steps_left;
    bool step() noexcept { return steps_left != 0 && --steps_left != 0; }
  };

  static bool passes(const XmlTree& tree, const Step& step, XmlMatch match);
  static void follow(Search& search, const Step& step, XmlMatch from, std::vector<XmlMatch>& out);
  static void descend(Search& search, const Step& step, int node, std::vector<XmlMatch>& out);
  static void select(Search& search, const Step& step, std::vector<XmlMatch>& found);
  static std::vector<XmlMatch> walk(Search& search, const Path& path, XmlMatch from);
  static bool holds(Search& search, const Predicate& predicate, XmlMatch match, std::size_t position,
                    std::size_t count);

  std::vector<Path> paths_;
};

std::string text_of(const XmlTree& tree, XmlMatch match);

}  // namespace entail::ottl
