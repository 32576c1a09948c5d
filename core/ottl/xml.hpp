// XML documents: read as strictly as Go's encoding/xml, held as a tree, written as the Collector's xmlquery writes
// them. Thread rule: Confined. Limits: kXmlDepthMax; a document that is nested deeper is an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace entail::ottl {

constexpr unsigned kXmlDepthMax = 256;

struct XmlAttribute {
  std::string prefix;
  std::string name;
  std::string value;
};

// The next token of a document.
struct XmlToken {
  enum class Kind : std::uint8_t { start, end, text, cdata, comment, instruction, directive };
  Kind kind = Kind::text;
  std::string prefix;  // start, end
  std::string name;    // start, end, instruction
  std::string text;    // of the others, and what an instruction holds
  std::vector<XmlAttribute> attributes;
};

class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_(text) {}
  // False at the end, and where the document is wrong: failed() then.
  bool next(XmlToken& token);
  bool failed() const noexcept { return failed_; }
  std::size_t at() const noexcept { return at_; }

 private:
  bool fail() noexcept;
  bool read_text(XmlToken& token);
  bool read_markup(XmlToken& token);
  bool read_start(XmlToken& token);
  bool read_end(XmlToken& token);
  bool read_until(std::string_view end, std::string& out);
  bool read_name(std::string& prefix, std::string& name);
  bool read_attribute(XmlToken& token);
  bool read_content(std::string_view raw, std::string& out);
  void skip_space() noexcept;

  std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
  bool closes_ = false;  // the start that was read last ends itself: <a/>
  std::vector<std::string> open_;
};

struct XmlNode {
  enum class Kind : std::uint8_t { document, declaration, element, text, cdata, comment, instruction, directive };
  Kind kind = Kind::document;
  std::string prefix;
  std::string name;  // or the text
  std::vector<XmlAttribute> attributes;
  int parent = -1;
  int first_child = -1;
  int last_child = -1;
  int previous = -1;
  int next = -1;
};

// A larger text is not read: some of what these trees do takes quadratic time.
constexpr std::size_t kXmlBytesMax = std::size_t{64} << 10;

// Nodes by their numbers; 0 is the document. Nodes move between places as xmlquery's do: one that is added elsewhere
// keeps its old place, too, until its old neighbours change.
class XmlTree {
 public:
  XmlTree() { nodes_.emplace_back(); }
  // Nothing if it is not XML.
  static std::optional<XmlTree> parse(std::string_view text);

  XmlNode& operator[](int node) noexcept { return nodes_[static_cast<std::size_t>(node)]; }
  const XmlNode& operator[](int node) const noexcept { return nodes_[static_cast<std::size_t>(node)]; }
  int add(XmlNode::Kind kind, std::string name);
  void append_child(int parent, int child) noexcept;
  void remove(int node) noexcept;
  void remove_attribute(int node, std::string_view name);
  std::string inner_text(int node) const;
  // The children of the node. Nothing for a tree that is too deep, as it is when nodes stand in several places.
  std::optional<std::string> written(int node) const;
  // Copies the children of another document; gives the number of the copy of its root.
  int adopt(const XmlTree& other);

 private:
  bool append(int node, unsigned depth, std::string& out) const;
  std::vector<XmlNode> nodes_;
};

}  // namespace entail::ottl
