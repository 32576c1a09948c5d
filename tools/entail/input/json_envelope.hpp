// OTLP/JSON as other programs wrap it, and JSON that holds traces in another form.
//
// Taken out of its wrapping: Tempo's {"batches": [...]} and {"trace": {...}}, Jaeger's {"result": {...}}, and bare
// ResourceSpans, one or a list. Their IDs may be base64, and become hexadecimal. Zipkin's JSON, Jaeger's own and
// Tempo's search results are recognized, so that a message can name them.
//
// Thread rule: Immutable (free functions). Cost: for a request that begins with resourceSpans a look at its first key;
// else one or two passes over the text, and a copy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace entail::cli {

// The text ends inside a string, or before its first value has all its brackets.
bool ends_early(std::string_view json) noexcept;

class JsonEnvelope {
 public:
  std::string_view text;     // the request: all of the message, a part of it, or `copy`
  std::string_view foreign;  // not empty: what the message is instead of OTLP

  // The place of a byte of `text` in the message.
  std::size_t offset_in_message(std::size_t offset) const;

  // Fills itself from a message, which must outlive it.
  void open(std::string_view message);

 private:
  void copy_edited(std::string_view message, std::string_view prefix, std::string_view part, std::string_view suffix);

  struct Edit {
    std::size_t offset = 0;             // in the copy
    std::size_t offset_in_message = 0;  // from here on, until the next edit
  };
  std::size_t message_size_ = 0;
  std::string copy_;
  std::vector<Edit> edits_;
};

}  // namespace entail::cli
