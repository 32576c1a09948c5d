#include "ottl/csv.hpp"

namespace entail::ottl {

namespace {

// The records of a text, which may span lines within quotes.
class Reader {
 public:
  Reader(std::string_view text, std::string delimiter, bool lazy_quotes)
      : text_(text), delimiter_(std::move(delimiter)), lazy_quotes_(lazy_quotes) {}

  // False at the end. What follows a wrong quote is lost with its line; bad() if nothing stood before.
  bool next(std::vector<std::string>& fields) {
    std::string_view line;
    do {
      if (at_ == text_.size()) return false;
      line = take_line();
    } while (line == "\n");
    fields.clear();
    bad_ = !read_fields(line, fields) && fields.empty();
    return true;
  }
  bool bad() const noexcept { return bad_; }

 private:
  // With its line end, which is "\n" then. A carriage return at the very end is dropped.
  std::string_view take_line() {
    const std::size_t end = text_.find('\n', at_);
    line_ = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
    if (line_.ends_with('\r')) line_.pop_back();
    if (end != std::string_view::npos) line_ += '\n';
    return line_;
  }

  bool read_fields(std::string_view& line, std::vector<std::string>& fields) {
    for (;;) {
      bool ends = false;
      std::string field;
      if (!line.starts_with('"')) {
        if (!read_plain(line, field, ends)) return false;
      } else if (!read_quoted(line, field, ends)) {
        return false;
      }
      fields.push_back(std::move(field));
      if (ends) return true;
    }
  }

  bool read_plain(std::string_view& line, std::string& field, bool& ends) {
    const std::size_t at = line.find(delimiter_);
    ends = at == std::string_view::npos;
    field = line.substr(0, at);
    if (ends && field.ends_with('\n')) field.pop_back();
    if (!lazy_quotes_ && field.find('"') != std::string::npos) return false;
    line = ends ? std::string_view() : line.substr(at + delimiter_.size());
    return true;
  }

  bool read_quoted(std::string_view& line, std::string& field, bool& ends) {
    line.remove_prefix(1);
    for (;;) {
      const std::size_t quote = line.find('"');
      if (quote == std::string_view::npos) {
        if (line.empty()) {  // the text ends within quotes
          ends = true;
          return lazy_quotes_;
        }
        field += line;
        line = at_ == text_.size() ? std::string_view() : take_line();
        continue;
      }
      field += line.substr(0, quote);
      line.remove_prefix(quote + 1);
      if (line.starts_with('"')) {
        field += '"';
        line.remove_prefix(1);
      } else if (line.starts_with(delimiter_)) {
        line.remove_prefix(delimiter_.size());
        return true;
      } else if (line.empty() || line == "\n") {
        ends = true;
        return true;
      } else if (lazy_quotes_) {
        field += '"';
      } else {
        return false;
      }
    }
  }

  std::string_view text_;
  std::string delimiter_;
  bool lazy_quotes_;
  bool bad_ = false;
  std::size_t at_ = 0;
  std::string line_;  // the one that is being read
};

}  // namespace

std::optional<std::vector<std::string>> read_csv_row(std::string_view text, char32_t delimiter, bool lazy_quotes) {
  if (delimiter == 0 || delimiter == '"' || delimiter == '\r' || delimiter == '\n' || delimiter == 0xfffd)
    return std::nullopt;
  std::string written;
  append_character(delimiter, written);
  Reader reader(text, std::move(written), lazy_quotes);
  std::vector<std::string> row;
  std::vector<std::string> fields;
  bool first = true;
  while (reader.next(fields)) {
    if (reader.bad()) return std::nullopt;
    if (first) {
      row = std::move(fields);
      first = false;
      continue;
    }
    row.back() += '\n' + fields.front();
    row.insert(row.end(), fields.begin() + 1, fields.end());
  }
  if (first) return std::nullopt;
  return row;
}

std::vector<std::string_view> split_text(std::string_view text, std::string_view delimiter) {
  std::vector<std::string_view> parts;
  (void)split_text(text, delimiter, [&parts](std::string_view part) {
    parts.push_back(part);
    return true;
  });
  return parts;
}

}  // namespace entail::ottl
