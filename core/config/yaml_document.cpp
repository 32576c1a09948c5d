#include "config/yaml_document.hpp"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <unordered_map>

#include "config/messages.hpp"
#include "text/utf8.hpp"

namespace entail::config {

namespace {

Position position_of(const YAML::Mark& mark) noexcept {
  if (mark.line < 0) return {};
  return {static_cast<std::uint32_t>(mark.line) + 1, static_cast<std::uint32_t>(mark.column) + 1};
}

// Names end up in JSON and OTLP strings, which must be UTF-8. False at the first byte that is not; *position says
// where.
bool is_utf8(std::string_view text, Position* position) noexcept {
  const std::string_view good = text.substr(0, text::utf8_valid_size(text));
  const std::size_t line_begin = good.rfind('\n') + 1;  // npos + 1 is 0: the first line
  const auto lines = std::count(good.begin(), good.end(), '\n');
  const auto columns =
      std::count_if(good.begin() + static_cast<std::ptrdiff_t>(line_begin), good.end(), text::starts_character);
  *position = {static_cast<std::uint32_t>(lines) + 1, static_cast<std::uint32_t>(columns) + 1};
  return good.size() == text.size();
}

}  // namespace

// Turns the events of yaml-cpp into nodes. Confined.
class YamlBuilder final : public YAML::EventHandler {
 public:
  YamlBuilder(YamlDocument& document, std::vector<ConfigMessage>& errors) : document_(document), errors_(errors) {}

  bool empty() const noexcept { return document_.nodes_.empty(); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnSequenceEnd() override { close(); }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    attach(make(YamlNode::Kind::null, mark, anchor), mark);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      attach(make(YamlNode::Kind::null, mark, 0), mark);
      return;
    }
    for (const Frame& frame : open_) {
      if (frame.node != found->second) continue;
      fault(position_of(mark), "this alias refers to a value that contains it");
      attach(make(YamlNode::Kind::null, mark, 0), mark);
      return;
    }
    attach(found->second, mark);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const std::uint32_t index = make(YamlNode::Kind::scalar, mark, anchor);
    YamlNode& node = document_.nodes_[index];
    node.text = value;
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!tag.empty() && tag != "?" && !node.quoted) fault(node.position, "tags other than !!str are not supported");
    attach(index, mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::sequence, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::map, mark, tag, anchor);
  }

  void OnMapEnd() override {
    YamlNode& map = document_.nodes_[open_.back().node];
    // The children came as key, value, key, value. Explicit keys first, then what << brings.
    const std::vector<Child> children = std::move(open_.back().children);
    std::vector<std::uint32_t> merged;
    std::unordered_map<std::string, Position> seen;
    for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
      const YamlNode& key = document_.nodes_[children[i].node];
      if (key.kind != YamlNode::Kind::scalar) {
        fault(children[i].position, "a key must be a string");
      } else if (key.text == "<<" && !key.quoted) {
        merged.push_back(children[i + 1].node);
      } else if (const auto [first, fresh] = seen.try_emplace(key.text, children[i].position); !fresh) {
        fault(children[i].position,
              "duplicate key '" + key.text + "', first on line " + std::to_string(first->second.line));
      } else {
        map.entries.push_back({key.text, children[i].position, children[i + 1].node});
      }
    }
    for (const std::uint32_t source : merged) merge(map, source, seen, true);
    close();
  }

 private:
  struct Child {
    std::uint32_t node = 0;
    Position position;  // of the key or item here, which for an alias is not the place of its anchor
  };
  struct Frame {
    std::uint32_t node = 0;
    std::vector<Child> children;
  };

  void fault(Position position, std::string text) {
    if (errors_.size() < kMessagesMax) errors_.push_back({position.line, position.column, std::move(text)});
  }

  std::uint32_t make(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    const auto index = static_cast<std::uint32_t>(document_.nodes_.size());
    YamlNode node;
    node.kind = kind;
    node.position = position_of(mark);
    document_.nodes_.push_back(std::move(node));
    if (anchor != 0) anchors_[anchor] = index;
    return index;
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (!tag.empty() && tag != "?" && tag != "!") fault(position_of(mark), "tags other than !!str are not supported");
    const std::uint32_t index = make(kind, mark, anchor);
    attach(index, mark);
    open_.push_back({index, {}});
  }

  void close() { open_.pop_back(); }

  void attach(std::uint32_t index, const YAML::Mark& mark) {
    if (open_.empty()) {
      document_.root_ = index;
      return;
    }
    Frame& parent = open_.back();
    if (document_.nodes_[parent.node].kind == YamlNode::Kind::map)
      parent.children.push_back({index, position_of(mark)});
    else
      document_.nodes_[parent.node].items.push_back(index);
  }

  // The keys of a merged map, or of a list of them, that are not there yet. Maps are complete when they are merged, so
  // one level suffices.
  void merge(YamlNode& into, std::uint32_t source, std::unordered_map<std::string, Position>& seen, bool lists) {
    const YamlNode& from = document_.nodes_[source];
    if (from.kind == YamlNode::Kind::sequence && lists) {
      for (const std::uint32_t item : from.items) merge(into, item, seen, false);
      return;
    }
    if (from.kind != YamlNode::Kind::map) {
      fault(from.position, "<<: expected a map or a list of maps");
      return;
    }
    for (const YamlNode::Entry& entry : from.entries) {
      if (++merged_keys_ > kMergedKeysMax) {
        if (merged_keys_ == kMergedKeysMax + 1) fault(from.position, "too many merged keys");
        return;
      }
      if (seen.try_emplace(entry.key, entry.position).second) into.entries.push_back(entry);
    }
  }

  YamlDocument& document_;
  std::vector<ConfigMessage>& errors_;
  std::unordered_map<YAML::anchor_t, std::uint32_t> anchors_;
  std::vector<Frame> open_;
  std::size_t merged_keys_ = 0;
};

bool YamlDocument::load(std::string_view text, std::vector<ConfigMessage>* errors) {
  text_ = text;
  nodes_.clear();
  root_ = 0;
  Position position;
  if (text.size() > kTextBytesMax) {
    errors->push_back({0, 0, "the text is larger than " + std::to_string(kTextBytesMax >> 20) + " MiB"});
    return false;
  }
  if (!is_utf8(text, &position)) {
    errors->push_back({position.line, position.column, "the text is not UTF-8"});
    return false;
  }
  YamlBuilder builder(*this, *errors);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder) && parser) {
      YamlDocument further;
      std::vector<ConfigMessage> ignored;
      YamlBuilder rest(further, ignored);
      if (parser.HandleNextDocument(rest) && !rest.empty() && further.root().kind != YamlNode::Kind::null) {
        position = further.root().position;
        errors->push_back({position.line, position.column, "a second document: only one is expected"});
      }
    }
  } catch (const YAML::DeepRecursion& problem) {
    position = position_of(problem.mark);
    errors->push_back({position.line, position.column, "nested too deeply"});
    return false;
  } catch (const YAML::Exception& problem) {
    position = position_of(problem.mark);
    errors->push_back({position.line, position.column, "not valid YAML: " + problem.msg});
    return false;
  } catch (const std::logic_error& problem) {  // the rest of what it throws; bad_alloc is no fault of the text
    errors->push_back({0, 0, std::string("not valid YAML: ") + problem.what()});
    return false;
  }
  if (builder.empty()) nodes_.emplace_back();
  return true;
}

Position YamlDocument::inside(const YamlNode& scalar, std::size_t offset) const noexcept {
  std::string_view line = text_;
  for (std::uint32_t number = 1; number < scalar.position.line; ++number) {
    const std::size_t end = line.find('\n');
    if (end == std::string_view::npos) return scalar.position;
    line.remove_prefix(end + 1);
  }
  line = line.substr(0, line.find_first_of("\r\n"));
  line.remove_prefix(std::min<std::size_t>(scalar.position.column - 1, line.size()));
  const char quote = line.starts_with('"') || line.starts_with('\'') ? line[0] : '\0';
  std::size_t at = quote == '\0' ? 0 : 1;
  std::uint32_t column = scalar.position.column + static_cast<std::uint32_t>(at);
  for (std::size_t read = 0; read < offset; ++read) {
    std::size_t size = 1;  // of the text of one byte of the scalar
    if ((quote == '"' && line.substr(at, 1) == "\\") || (quote == '\'' && line.substr(at, 2) == "''")) size = 2;
    if (at + size > line.size() || read >= scalar.text.size()) return scalar.position;
    const char meant = line[at + size - 1];
    const bool escaped = quote == '"' && size == 2 && meant != '"' && meant != '\\' && meant != '/';
    if (escaped ? std::string_view("xuU").find(meant) != std::string_view::npos : meant != scalar.text[read])
      return scalar.position;
    at += size;
    if (text::starts_character(meant)) column += static_cast<std::uint32_t>(size);
  }
  return {scalar.position.line, column};
}

const YamlNode::Entry* find_entry(const YamlNode& map, std::string_view key) noexcept {
  for (const YamlNode::Entry& entry : map.entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

}  // namespace entail::config
