#include <algorithm>

#include "ottl/csv.hpp"
#include "ottl/strcase.hpp"
#include "ottl/xml.hpp"

namespace entail::ottl {

namespace {

constexpr std::size_t kWrittenBytesMax = std::size_t{16} << 20;

void append_escaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '"':
        out += "&#34;";
        break;
      default:
        out += c;
    }
  }
}

std::string full_name(std::string_view prefix, std::string_view name) {
  return prefix.empty() ? std::string(name) : std::string(prefix) + ":" + std::string(name);
}

// Prefixes that the elements around have declared.
bool is_declared(const XmlTree& tree, int node, std::string_view prefix) {
  if (prefix.empty() || prefix == "xml") return true;
  for (int at = node; at >= 0; at = tree[at].parent)
    for (const XmlAttribute& attribute : tree[at].attributes)
      if (attribute.prefix == "xmlns" && attribute.name == prefix) return true;
  return false;
}

// version="1.0" and the like.
void read_declaration(std::string_view text, XmlNode& node) {
  for (const std::string_view pair : split_text(text, " ")) {
    const std::string_view trimmed = trimmed_space(pair);
    const std::size_t equals = trimmed.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    std::string_view value = trimmed.substr(equals + 1);
    while (!value.empty() && (value.front() == '"' || value.front() == '\'')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == '"' || value.back() == '\'')) value.remove_suffix(1);
    node.attributes.push_back({{}, std::string(trimmed.substr(0, equals)), std::string(value)});
  }
}

XmlNode::Kind kind_of(XmlToken::Kind kind) noexcept {
  switch (kind) {
    case XmlToken::Kind::cdata:
      return XmlNode::Kind::cdata;
    case XmlToken::Kind::comment:
      return XmlNode::Kind::comment;
    case XmlToken::Kind::directive:
      return XmlNode::Kind::directive;
    default:
      return XmlNode::Kind::text;
  }
}

}  // namespace

std::optional<XmlTree> XmlTree::parse(std::string_view text) {
  if (text.size() > kXmlBytesMax) return std::nullopt;
  XmlTree tree;
  XmlReader reader(text);
  XmlToken token;
  int open = 0;
  bool has_element = false;
  bool begun = false;  // what precedes the declaration or the first element is not held
  while (reader.next(token)) {
    if (token.kind == XmlToken::Kind::end) {
      open = tree[open].parent;
      continue;
    }
    if (token.kind == XmlToken::Kind::start) {
      begun = has_element = true;
      const int element = tree.add(XmlNode::Kind::element, token.name);
      tree[element].prefix = token.prefix;
      tree[element].attributes = std::move(token.attributes);
      tree.append_child(open, element);
      if (!is_declared(tree, element, tree[element].prefix)) return std::nullopt;
      open = element;
      continue;
    }
    if (token.kind == XmlToken::Kind::instruction) {
      const bool is_declaration = token.name == "xml";
      const int node = tree.add(is_declaration ? XmlNode::Kind::declaration : XmlNode::Kind::instruction, token.name);
      if (is_declaration)
        read_declaration(token.text, tree[node]);
      else
        tree[node].prefix = trimmed_space(token.text);
      tree.append_child(open, node);
      begun = true;
      continue;
    }
    if (begun) tree.append_child(open, tree.add(kind_of(token.kind), token.text));
  }
  if (reader.failed() || !has_element) return std::nullopt;
  // Of a document without a declaration, xmlquery's caller drops what precedes the first element.
  const int first = tree[0].first_child;
  if (!text.starts_with("<?xml") && tree[first].kind == XmlNode::Kind::instruction) tree.remove(first);
  return tree;
}

int XmlTree::add(XmlNode::Kind kind, std::string name) {
  XmlNode& node = nodes_.emplace_back();
  node.kind = kind;
  node.name = std::move(name);
  return static_cast<int>(nodes_.size()) - 1;
}

void XmlTree::append_child(int parent, int child) noexcept {
  XmlNode& to = (*this)[parent];
  XmlNode& node = (*this)[child];
  node.parent = parent;
  node.next = -1;
  if (to.first_child < 0) {
    to.first_child = child;
    node.previous = -1;
  } else {
    (*this)[to.last_child].next = child;
    node.previous = to.last_child;
  }
  to.last_child = child;
}

void XmlTree::remove(int node) noexcept {
  XmlNode& gone = (*this)[node];
  if (gone.parent < 0) return;
  XmlNode& parent = (*this)[gone.parent];
  if (parent.first_child == node)
    parent.first_child = gone.next;
  else if (gone.previous >= 0)
    (*this)[gone.previous].next = gone.next;
  if (parent.last_child == node)
    parent.last_child = gone.previous;
  else if (gone.next >= 0)
    (*this)[gone.next].previous = gone.previous;
  gone.parent = gone.previous = gone.next = -1;
}

void XmlTree::remove_attribute(int node, std::string_view name) {
  auto& attributes = (*this)[node].attributes;
  const auto found = std::find_if(attributes.begin(), attributes.end(), [name](const XmlAttribute& attribute) {
    return full_name(attribute.prefix, attribute.name) == name;
  });
  if (found != attributes.end()) attributes.erase(found);
}

std::string XmlTree::inner_text(int node) const {
  const XmlNode& from = (*this)[node];
  if (from.kind == XmlNode::Kind::text || from.kind == XmlNode::Kind::cdata) return from.name;
  std::string out;
  if (from.kind == XmlNode::Kind::comment) return out;
  for (int child = from.first_child; child >= 0; child = (*this)[child].next) out += inner_text(child);
  return out;
}

std::optional<std::string> XmlTree::written(int node) const {
  std::string out;
  for (int child = (*this)[node].first_child; child >= 0; child = (*this)[child].next)
    if (!append(child, 0, out)) return std::nullopt;
  return out;
}

bool XmlTree::append(int node, unsigned depth, std::string& out) const {
  const XmlNode& from = (*this)[node];
  if (depth > 2 * kXmlDepthMax || out.size() > kWrittenBytesMax) return false;
  switch (from.kind) {
    case XmlNode::Kind::text:
      append_escaped(from.name, out);
      return true;
    case XmlNode::Kind::cdata:
      out += "<![CDATA[" + from.name + "]]>";
      return true;
    case XmlNode::Kind::comment:
      out += "<!--" + from.name + "-->";
      return true;
    case XmlNode::Kind::directive:
      out += "<!" + from.name + ">";
      return true;
    case XmlNode::Kind::instruction:
      out += "<?" + from.name + (from.prefix.empty() ? "" : " " + from.prefix) + "?>";
      return true;
    default:
      break;
  }
  const bool is_declaration = from.kind == XmlNode::Kind::declaration;
  const std::string name = full_name(from.prefix, from.name);
  out += (is_declaration ? "<?" : "<") + name;
  for (const XmlAttribute& attribute : from.attributes) {
    out += " " + full_name(attribute.prefix, attribute.name) + "=\"";
    append_escaped(attribute.value, out);
    out += '"';
  }
  out += is_declaration ? "?>" : ">";
  for (int child = from.first_child; child >= 0; child = (*this)[child].next)
    if (!append(child, depth + 1, out)) return false;
  if (!is_declaration) out += "</" + name + ">";
  return true;
}

int XmlTree::adopt(const XmlTree& other) {
  const int offset = static_cast<int>(nodes_.size());
  for (XmlNode node : other.nodes_) {
    for (int* link : {&node.parent, &node.first_child, &node.last_child, &node.previous, &node.next})
      if (*link >= 0) *link += offset;
    nodes_.push_back(std::move(node));
  }
  return offset;
}

}  // namespace entail::ottl
