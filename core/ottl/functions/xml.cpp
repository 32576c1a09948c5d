// Converters of XML.
#include <map>

#include "ottl/evaluation.hpp"
#include "ottl/member_list.hpp"
#include "ottl/strcase.hpp"
#include "ottl/xpath.hpp"

namespace entail::ottl::functions {

namespace {

using Kind = Value::Kind;
using Form = Value::Form;

struct WrittenXPath final : Prepared {
  std::unique_ptr<XPath> xpath;
};

std::unique_ptr<Prepared> prepare_xpath(const Literals& literals, BadArgument& bad, std::string_view otherwise) {
  constexpr std::size_t kArgument = 1;
  auto out = std::make_unique<WrittenXPath>();
  std::string error;
  const std::string_view text = literals.text(kArgument, otherwise);
  out->xpath = XPath::compile(text.empty() ? otherwise : text, error);
  if (out->xpath == nullptr) bad = {kArgument, error};
  return out;
}
std::unique_ptr<Prepared> prepare_required(const Literals& literals, BadArgument& bad) {
  return prepare_xpath(literals, bad, {});
}
std::unique_ptr<Prepared> prepare_attributes(const Literals& literals, BadArgument& bad) {
  return prepare_xpath(literals, bad, "//@*");
}
std::unique_ptr<Prepared> prepare_document(const Literals& literals, BadArgument& bad) {
  return prepare_xpath(literals, bad, "/");
}

bool give_written(Call& call, const XmlTree& tree, int node, Value& out) {
  const auto text = tree.written(node);
  return text && call.give(*text, out);
}

std::optional<std::vector<XmlMatch>> found(Call& call, const XmlTree& tree) {
  return call.prepared<WrittenXPath>()->xpath->find(tree);
}

bool get_xml(Call& call, Value& out) {
  out = Value::of_text({});
  if (call[0].text.empty()) return true;
  auto tree = XmlTree::parse(call[0].text);
  if (!tree) return false;
  const std::optional<std::vector<XmlMatch>> matches = found(call, *tree);
  if (!matches) return false;
  const int result = tree->add(XmlNode::Kind::document, {});
  for (const XmlMatch match : *matches) {
    const XmlNode::Kind kind = (*tree)[match.node].kind;
    if (match.attribute >= 0 || kind == XmlNode::Kind::cdata)
      tree->append_child(result, tree->add(XmlNode::Kind::text, text_of(*tree, match)));
    else if (kind == XmlNode::Kind::element || kind == XmlNode::Kind::text)
      tree->append_child(result, match.node);
  }
  return give_written(call, *tree, result, out);
}

bool remove_xml(Call& call, Value& out) {
  out = Value::of_text({});
  if (call[0].text.empty()) return true;
  auto tree = XmlTree::parse(call[0].text);
  if (!tree) return false;
  const std::optional<std::vector<XmlMatch>> matches = found(call, *tree);
  if (!matches) return false;
  std::vector<std::pair<int, std::string>> attributes;  // by name: their numbers change
  for (const XmlMatch match : *matches)
    if (match.attribute >= 0)
      attributes.emplace_back(match.node,
                              (*tree)[match.node].attributes[static_cast<std::size_t>(match.attribute)].name);
  for (const auto& [node, name] : attributes) tree->remove_attribute(node, name);
  for (const XmlMatch match : *matches) {
    if (match.attribute >= 0) continue;
    switch ((*tree)[match.node].kind) {
      case XmlNode::Kind::element:
      case XmlNode::Kind::comment:
      case XmlNode::Kind::cdata:
        tree->remove(match.node);
        break;
      case XmlNode::Kind::text:
        (*tree)[match.node].name.clear();
        break;
      default:
        break;
    }
  }
  return give_written(call, *tree, 0, out);
}

bool insert_xml(Call& call, Value& out) {
  std::optional<XmlTree> tree = XmlTree();
  if (!call[0].text.empty()) tree = XmlTree::parse(call[0].text);
  const auto inserted = XmlTree::parse(call[2].text);
  if (!tree || !inserted) return false;
  const std::optional<std::vector<XmlMatch>> matches = found(call, *tree);
  if (!matches) return false;
  const int root = tree->adopt(*inserted);
  for (const XmlMatch match : *matches) {
    const XmlNode::Kind kind = (*tree)[match.node].kind;
    if (match.attribute >= 0 || (kind != XmlNode::Kind::element && kind != XmlNode::Kind::document)) return false;
    for (int child = (*tree)[root].first_child; child >= 0;) {
      const int next = (*tree)[child].next;
      tree->append_child(match.node, child);
      child = next;
    }
  }
  return give_written(call, *tree, 0, out);
}

bool attributes_to_elements(Call& call, Value& out) {
  auto tree = XmlTree::parse(call[0].text);
  if (!tree) return false;
  std::vector<std::pair<int, XmlAttribute>> attributes;
  const std::optional<std::vector<XmlMatch>> matches = found(call, *tree);
  if (!matches) return false;
  for (const XmlMatch match : *matches)
    if (match.attribute >= 0)
      attributes.emplace_back(match.node, (*tree)[match.node].attributes[static_cast<std::size_t>(match.attribute)]);
  for (const auto& [node, attribute] : attributes) {
    const int element = tree->add(XmlNode::Kind::element, attribute.name);
    tree->append_child(element, tree->add(XmlNode::Kind::text, attribute.value));
    tree->append_child(node, element);
    tree->remove_attribute(node, attribute.name);
  }
  return give_written(call, *tree, 0, out);
}

// Wraps texts beside other texts or elements into elements.
void wrap_texts(XmlTree& tree, int parent, const std::string& name) {
  const XmlNode::Kind kind = tree[parent].kind;
  if (kind != XmlNode::Kind::element && kind != XmlNode::Kind::document) return;
  std::size_t texts = 0;
  std::size_t elements = 0;
  for (int child = tree[parent].first_child; child >= 0; child = tree[child].next) {
    if (tree[child].kind == XmlNode::Kind::element) {
      wrap_texts(tree, child, name);
      ++elements;
    }
    texts += tree[child].kind == XmlNode::Kind::text ? 1 : 0;
  }
  if (texts == 0 || elements + texts <= 1) return;
  for (int child = tree[parent].first_child; child >= 0; child = tree[child].next) {
    if (tree[child].kind != XmlNode::Kind::text) continue;
    const int text = tree.add(XmlNode::Kind::text, tree[child].name);
    tree[child].kind = XmlNode::Kind::element;
    tree[child].name = name;
    tree[child].first_child = tree[child].last_child = text;
  }
}

bool text_to_elements(Call& call, Value& out) {
  auto tree = XmlTree::parse(call[0].text);
  if (!tree) return false;
  std::string name(call.text(2, "value"));
  if (name.empty()) name = "value";
  const std::optional<std::vector<XmlMatch>> matches = found(call, *tree);
  if (!matches) return false;
  for (const XmlMatch match : *matches)
    if (match.attribute < 0) wrap_texts(*tree, match.node, name);
  return give_written(call, *tree, 0, out);
}

constexpr std::size_t kNoMember = ~std::size_t{0};

// The text of an element without elements in it.
std::string leaf_text(const XmlTree& tree, int node) {
  std::string out;
  bool has_text = false;
  for (int child = tree[node].first_child; child >= 0; child = tree[child].next) {
    if (tree[child].kind == XmlNode::Kind::element) return {};
    const bool is_text = tree[child].kind == XmlNode::Kind::text || tree[child].kind == XmlNode::Kind::cdata;
    if (is_text && !has_text) out = tree[child].name;
    has_text |= is_text;
  }
  return out;
}

bool simplified(Call& call, const XmlTree& tree, int parent, Value& out) {
  struct Name {
    std::size_t count = 0;  // of elements with this name
    std::size_t member = kNoMember;
  };
  std::map<std::string_view, Name> names;
  for (int child = tree[parent].first_child; child >= 0; child = tree[child].next)
    if (tree[child].kind == XmlNode::Kind::element) ++names[tree[child].name].count;
  std::vector<std::pair<std::string_view, std::vector<Value>>> members;  // in the order of their first value
  for (int child = tree[parent].first_child; child >= 0; child = tree[child].next) {
    if (tree[child].kind != XmlNode::Kind::element || tree[child].first_child < 0) continue;
    Name& name = names.find(tree[child].name)->second;
    const auto values = [&]() -> std::vector<Value>& {
      if (name.member == kNoMember) {
        name.member = members.size();
        members.push_back({tree[child].name, {}});
      }
      return members[name.member].second;
    };
    const std::string leaf = leaf_text(tree, child);
    Value value;
    if (name.count > 1 || !leaf.empty()) (void)values();
    if (!leaf.empty()) {
      if (!call.give(leaf, value)) return false;
    } else {
      if (!simplified(call, tree, child, value)) return false;
      if (value.count == 0) continue;
    }
    values().push_back(value);
  }
  std::vector<Value> pairs;
  for (const auto& [name, values] : members) {
    if (!call.give(name, pairs.emplace_back())) return false;
    Value& value = pairs.emplace_back();
    if (names[name].count == 1)
      value = values.front();
    else if (!call.give(Kind::list, Form::plain, values, value))
      return false;
  }
  return call.give(Kind::map, Form::plain, pairs, out);
}

bool parse_simplified_xml(Call& call, Value& out) {
  const auto tree = XmlTree::parse(call[0].text);
  return tree && simplified(call, *tree, 0, out);
}

// {"tag", "content", "attributes", "children"} of the element that was just opened.
bool parsed_element(Call& call, XmlReader& reader, const XmlToken& start, Value& out) {
  std::string content;
  std::vector<Value> children;
  for (XmlToken token;;) {
    if (!reader.next(token)) return false;
    if (token.kind == XmlToken::Kind::end) break;
    if (token.kind == XmlToken::Kind::start && !parsed_element(call, reader, token, children.emplace_back()))
      return false;
    if (token.kind == XmlToken::Kind::text || token.kind == XmlToken::Kind::cdata) content += trimmed_space(token.text);
  }
  MemberList attributes;
  for (const XmlAttribute& attribute : start.attributes) {
    Value name;
    Value value;
    if (!call.give(attribute.name, name) || !call.give(attribute.value, value)) return false;
    attributes.put(name.text, value);
  }
  std::vector<Value> pairs = {Value::of_text("tag"), {}};
  if (!call.give(start.name, pairs.back())) return false;
  if (!content.empty()) {
    pairs.push_back(Value::of_text("content"));
    if (!call.give(content, pairs.emplace_back())) return false;
  }
  if (!attributes.pairs().empty()) {
    pairs.push_back(Value::of_text("attributes"));
    if (!call.give(Kind::map, Form::plain, attributes.pairs(), pairs.emplace_back())) return false;
  }
  if (!children.empty()) {
    pairs.push_back(Value::of_text("children"));
    if (!call.give(Kind::list, Form::plain, children, pairs.emplace_back())) return false;
  }
  return call.give(Kind::map, Form::plain, pairs, out);
}

// The first element, behind which nothing may stand.
bool parse_xml(Call& call, Value& out) {
  if (call[0].text.size() > kXmlBytesMax) return false;
  XmlReader reader(call[0].text);
  for (XmlToken token; reader.next(token);)
    if (token.kind == XmlToken::Kind::start)
      return parsed_element(call, reader, token, out) && reader.at() == call[0].text.size();
  return false;
}

constexpr Parameter kTarget = {"Target", Take::text};
constexpr Parameter kXPath = {"XPath", Take::written_text};
constexpr Parameter kOptionalXPath = {"XPath", Take::written_text, true};

constexpr FunctionRow kRows[] = {
    {.name = "GetXML", .parameters = {{kTarget, kXPath}}, .evaluate = get_xml, .prepare = prepare_required},
    {.name = "RemoveXML", .parameters = {{kTarget, kXPath}}, .evaluate = remove_xml, .prepare = prepare_required},
    {.name = "InsertXML",
     .parameters = {{kTarget, kXPath, {"SubDocument", Take::text}}},
     .evaluate = insert_xml,
     .prepare = prepare_required},
    {.name = "ConvertAttributesToElementsXML",
     .parameters = {{kTarget, kOptionalXPath}},
     .evaluate = attributes_to_elements,
     .prepare = prepare_attributes},
    {.name = "ConvertTextToElementsXML",
     .parameters = {{kTarget, kOptionalXPath, {"ElementName", Take::written_text, true}}},
     .evaluate = text_to_elements,
     .prepare = prepare_document},
    {.name = "ParseSimplifiedXML", .parameters = {{kTarget}}, .evaluate = parse_simplified_xml},
    {.name = "ParseXML", .parameters = {{kTarget}}, .evaluate = parse_xml},
};

}  // namespace

std::span<const FunctionRow> xml_rows() { return kRows; }

}  // namespace entail::ottl::functions
