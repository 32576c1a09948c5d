#include "ottl/xpath.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "text/ascii.hpp"

namespace entail::ottl {

namespace {

bool is_name(char c) noexcept {
  return text::is_letter_or_digit(c) || std::string_view("_-.:").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80;
}
using text::is_digit;

}  // namespace

class XPathParser {
 public:
  explicit XPathParser(std::string_view text) : rest_(text) {}

  bool paths(std::vector<XPath::Path>& out) {
    do {
      if (!path(out.emplace_back())) return false;
    } while (take("|"));
    return rest_.empty();
  }
  std::string_view rest() const noexcept { return rest_; }

 private:
  void skip_space() noexcept {
    while (!rest_.empty() && rest_[0] == ' ') rest_.remove_prefix(1);
  }
  bool take(std::string_view word) noexcept {
    skip_space();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    skip_space();
    return true;
  }

  bool path(XPath::Path& out) {
    skip_space();
    XPath::Axis axis = XPath::Axis::child;
    if (take("//")) {
      out.is_absolute = true;
      axis = XPath::Axis::descendant;
    } else if (take("/")) {
      out.is_absolute = true;
      if (rest_.empty() || rest_[0] == '|') return true;  // the document
    }
    for (;;) {
      if (!step(axis, out.steps.emplace_back())) return false;
      if (take("//"))
        axis = XPath::Axis::descendant;
      else if (take("/"))
        axis = XPath::Axis::child;
      else
        return true;
    }
  }

  bool step(XPath::Axis axis, XPath::Step& out) {
    out.axis = axis;
    if (take("..")) {
      out.axis = XPath::Axis::parent;
      out.test = XPath::Test::node;
      return axis == XPath::Axis::child;
    }
    if (rest_.starts_with('.') && take(".")) {
      out.axis = XPath::Axis::self;
      out.test = XPath::Test::node;
      return axis == XPath::Axis::child;
    }
    if (take("@")) {
      out.axis = XPath::Axis::attribute;
      out.is_deep = axis == XPath::Axis::descendant;  // //@a: of any element
    }
    return test(out) && predicates(out);
  }

  bool test(XPath::Step& out) {
    if (take("*")) {
      out.test = XPath::Test::any;
      return true;
    }
    for (const auto& [word, kind] :
         {std::pair{"text()", XPath::Test::text}, std::pair{"comment()", XPath::Test::comment}}) {
      if (!take(word)) continue;
      out.test = kind;
      return out.axis != XPath::Axis::attribute;
    }
    std::size_t size = 0;
    while (size < rest_.size() && is_name(rest_[size])) ++size;
    const std::string_view name = rest_.substr(0, size);
    if (name.empty() || is_digit(name[0]) || name.find("::") != std::string_view::npos) return false;
    const std::size_t colon = name.find(':');
    out.test = XPath::Test::name;
    out.name = name.substr(colon == std::string_view::npos ? 0 : colon + 1);
    if (colon != std::string_view::npos) out.prefix = name.substr(0, colon);
    rest_.remove_prefix(size);
    skip_space();
    return !rest_.starts_with('(');
  }

  bool predicates(XPath::Step& out) {
    while (take("[")) {
      if (!predicate(out.predicates.emplace_back()) || !take("]")) return false;
    }
    return true;
  }

  bool predicate(XPath::Predicate& out) {
    using Kind = XPath::Predicate::Kind;
    if (take("last()")) {
      out.kind = Kind::last;
      return true;
    }
    if (!rest_.empty() && is_digit(rest_[0])) {
      for (; !rest_.empty() && is_digit(rest_[0]) && out.position < 1000000; rest_.remove_prefix(1))
        out.position = out.position * 10 + static_cast<std::size_t>(rest_[0] - '0');
      return out.position != 0;
    }
    auto tested = std::make_shared<XPath::Path>();
    if (!path(*tested)) return false;
    out.path = std::move(tested);
    out.kind = take("!=") ? Kind::differs : take("=") ? Kind::equals : Kind::exists;
    if (out.kind == Kind::exists) return true;
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return false;
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) return false;
    out.value = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return true;
  }

  std::string_view rest_;
};

std::string text_of(const XmlTree& tree, XmlMatch match) {
  return match.attribute < 0 ? tree.inner_text(match.node)
                             : tree[match.node].attributes[static_cast<std::size_t>(match.attribute)].value;
}

std::unique_ptr<XPath> XPath::compile(std::string_view text, std::string& error) {
  std::unique_ptr<XPath> out(new XPath);
  XPathParser parser(text);
  if (parser.paths(out->paths_)) return out;
  error = "this XPath is not supported at '" + std::string(parser.rest()) +
          "': it may have names, *, @, //, ., .., text(), positions and comparisons with texts";
  return nullptr;
}

bool XPath::passes(const XmlTree& tree, const Step& step, XmlMatch match) {
  const XmlNode& node = tree[match.node];
  std::string_view prefix = node.prefix;
  std::string_view name = node.name;
  if (match.attribute >= 0) {
    prefix = node.attributes[static_cast<std::size_t>(match.attribute)].prefix;
    name = node.attributes[static_cast<std::size_t>(match.attribute)].name;
  }
  switch (step.test) {
    case Test::name:
      if (match.attribute < 0 && node.kind != XmlNode::Kind::element) return false;
      return prefix == step.prefix && name == step.name;
    case Test::any:
      return match.attribute >= 0 || node.kind == XmlNode::Kind::element;
    case Test::text:
      return node.kind == XmlNode::Kind::text || node.kind == XmlNode::Kind::cdata;
    case Test::comment:
      return node.kind == XmlNode::Kind::comment;
    case Test::node:
      return true;
  }
  return false;
}

// Attributes of one node, or its children, with those below.
void XPath::descend(Search& search, const Step& step, int node, std::vector<XmlMatch>& out) {
  if (!search.step()) return;
  std::vector<XmlMatch> found;
  if (step.axis == Axis::attribute) {
    for (std::size_t i = 0; i < search.tree[node].attributes.size(); ++i)
      if (search.tree[node].kind == XmlNode::Kind::element && passes(search.tree, step, {node, static_cast<int>(i)}))
        found.push_back({node, static_cast<int>(i)});
  } else {
    for (int child = search.tree[node].first_child; child >= 0 && search.step(); child = search.tree[child].next)
      if (passes(search.tree, step, {child})) found.push_back({child});
  }
  select(search, step, found);
  out.insert(out.end(), found.begin(), found.end());
  if (step.axis != Axis::descendant && !step.is_deep) return;
  for (int child = search.tree[node].first_child; child >= 0; child = search.tree[child].next)
    if (search.tree[child].kind == XmlNode::Kind::element) descend(search, step, child, out);
}

void XPath::follow(Search& search, const Step& step, XmlMatch from, std::vector<XmlMatch>& out) {
  std::vector<XmlMatch> found;
  if (step.axis == Axis::self) {
    found.push_back(from);
  } else if (step.axis == Axis::parent) {
    if (from.attribute >= 0)
      found.push_back({from.node});
    else if (search.tree[from.node].parent >= 0)
      found.push_back({search.tree[from.node].parent});
  } else if (from.attribute < 0) {
    descend(search, step, from.node, out);
    return;
  }
  out.insert(out.end(), found.begin(), found.end());
}

// Those for which the predicates hold, one after the other.
void XPath::select(Search& search, const Step& step, std::vector<XmlMatch>& found) {
  for (const Predicate& predicate : step.predicates) {
    std::vector<XmlMatch> kept;
    for (std::size_t i = 0; i < found.size() && search.step(); ++i)
      if (holds(search, predicate, found[i], i + 1, found.size())) kept.push_back(found[i]);
    found = std::move(kept);
  }
}

bool XPath::holds(Search& search, const Predicate& predicate, XmlMatch match, std::size_t position, std::size_t count) {
  if (predicate.kind == Predicate::Kind::position) return position == predicate.position;
  if (predicate.kind == Predicate::Kind::last) return position == count;
  const std::vector<XmlMatch> found = walk(search, *predicate.path, match);
  if (predicate.kind == Predicate::Kind::exists) return !found.empty();
  return std::any_of(found.begin(), found.end(), [&](XmlMatch one) {
    return (text_of(search.tree, one) == predicate.value) == (predicate.kind == Predicate::Kind::equals);
  });
}

std::vector<XmlMatch> XPath::walk(Search& search, const Path& path, XmlMatch from) {
  std::vector<XmlMatch> matches = {path.is_absolute ? XmlMatch{} : from};
  for (const Step& step : path.steps) {
    std::vector<XmlMatch> next;
    for (const XmlMatch match : matches)
      if (search.step()) follow(search, step, match, next);
    std::vector<XmlMatch> distinct;
    std::map<XmlMatch, bool> seen;
    for (const XmlMatch match : next)
      if (seen.emplace(match, true).second) distinct.push_back(match);
    matches = std::move(distinct);
  }
  return matches;
}

std::optional<std::vector<XmlMatch>> XPath::find(const XmlTree& tree) const {
  Search search{tree, kXPathStepsMax};
  std::vector<XmlMatch> out;
  std::set<XmlMatch> seen;
  for (const Path& path : paths_)
    for (const XmlMatch match : walk(search, path, {}))
      if (seen.insert(match).second) out.push_back(match);
  if (search.steps_left == 0) return std::nullopt;
  return out;
}

}  // namespace entail::ottl
