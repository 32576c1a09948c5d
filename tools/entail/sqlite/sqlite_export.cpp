#include "sqlite/sqlite_export.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "output/json_text.hpp"
#include "sqlite/tables.hpp"

namespace entail::cli {
namespace {

constexpr std::uint64_t kRowsPerTransaction = 100'000;
constexpr std::size_t kPartsMax = 16'384;

void append_field(std::string_view name, std::string_view text, std::string& out) {
  out += '"';
  out += name;
  out += "\":";
  append_json_string(text, out);
}

// [{"time_ns": 1700000000000000000, "name": "retry", "attributes": {...}}]
void append_events(const JsonList& events, std::string& out) {
  out += '[';
  if (events) {
    for (const simdjson::dom::element item : *events) {
      const EventView event = event_view(item);
      if (out.back() != '[') out += ',';
      out += "{\"time_ns\":" + (event.time_ns ? std::to_string(*event.time_ns) : std::string("null")) + ",";
      append_field("name", event.name, out);
      out += ",\"attributes\":";
      append_plain_attributes(event.attributes, out);
      out += '}';
    }
  }
  out += ']';
}

// One element of the column spans.links.
void append_link(const LinkView& link, bool without_names, std::string& out) {
  out += '{';
  append_field("trace_id", link.trace_id, out);
  out += ',';
  append_field("span_id", link.span_id, out);
  if (!without_names) {
    out += ',';
    append_field("trace_state", link.trace_state, out);
    out += ",\"attributes\":";
    append_plain_attributes(link.attributes, out);
  }
  out += '}';
}

std::optional<double> duration_ms(std::optional<std::int64_t> start_ns, std::optional<std::int64_t> end_ns) {
  if (!start_ns || !end_ns) return std::nullopt;
  return static_cast<double>(*end_ns - *start_ns) / 1e6;
}

}  // namespace

std::string sqlite_companion(const std::string& path) {
  const std::string target = resolved_path(path);
  for (const char* const ending : {"-wal", "-shm", "-journal"}) {
    std::error_code problem;
    if (std::filesystem::exists(std::filesystem::symlink_status(target + ending, problem))) return target + ending;
  }
  return {};
}

std::string companion_text(const std::string& path, const std::string& companion) {
  return path + ": " + companion +
         " is left from an earlier SQLite database of this name and would corrupt the new one";
}

struct SqliteExport::Inserts {
  Inserts(Database& database, bool without_names)
      : span(database, sql::kInsertSpan),
        link(database, sql::kInsertLink),
        part(database, sql::kInsertPart),
        root(database, sql::kInsertRoot),
        hop(database, sql::kInsertHop),
        record(database, without_names ? sql::kInsertRecordIds : sql::kInsertRecord) {}
  Statement span, link, part, root, hop, record;
};

SqliteExport::SqliteExport(const std::string& path, bool without_names)
    : path_(path), without_names_(without_names), target_(path) {
  if (target_.error_number() != 0) return;
  database_ = std::make_unique<Database>(target_.temporary_name());
  database_->execute(sql::kCreateTables);
  database_->execute("BEGIN");
  inserts_ = std::make_unique<Inserts>(*database_, without_names_);
}

SqliteExport::~SqliteExport() = default;

void SqliteExport::row_written() {
  if (++rows_in_transaction_ < kRowsPerTransaction) return;
  rows_in_transaction_ = 0;
  database_->execute("COMMIT; BEGIN");
}

void SqliteExport::add(const SpanView& span) {
  if (failed()) return;
  ++counts_.spans;
  insert_links(span);
  insert_span(span);
  note_part(span);
}

void SqliteExport::insert_span(const SpanView& span) {
  Statement& insert = inserts_->span;
  const std::string kind = kind_name(span.kind);
  const std::string status = status_name(span.status_code);
  insert.bind(span.trace_id).bind(span.span_id).bind_or_null(span.parent_span_id);
  if (without_names_)
    insert.bind_null().bind_null();
  else
    insert.bind_or_null(span.service).bind(span.name);
  insert.bind(std::string_view(kind)).bind(span.start_ns).bind(span.end_ns);
  insert.bind(duration_ms(span.start_ns, span.end_ns)).bind(std::string_view(status));
  if (without_names_) {
    insert.bind_null().bind_null().bind_null().bind_null();
  } else {
    attributes_.clear();
    append_plain_attributes(span.attributes, attributes_);
    events_.clear();
    append_events(span.events, events_);
    insert.bind_or_null(span.status_message).bind(std::string_view(attributes_)).bind(span.resource);
    insert.bind(std::string_view(events_));
  }
  insert.bind_or_null(links_);
  insert.run();
  row_written();
}

// Also builds links_, the same links as JSON.
void SqliteExport::insert_links(const SpanView& span) {
  links_.clear();
  if (!span.links) return;
  std::int64_t position = 0;
  Statement& insert = inserts_->link;
  for (const simdjson::dom::element item : *span.links) {
    const LinkView link = link_view(item);
    links_ += links_.empty() ? '[' : ',';
    append_link(link, without_names_, links_);
    insert.bind(span.trace_id).bind(span.span_id).bind(position++);
    insert.bind_or_null(link.trace_id).bind_or_null(link.span_id);
    link_attributes_.clear();
    if (without_names_) {
      insert.bind_null().bind_null().bind_null();
    } else {
      append_plain_attributes(link.attributes, link_attributes_);
      insert.bind_or_null(type_of(link)).bind(std::string_view(link_attributes_)).bind_or_null(link.trace_state);
    }
    insert.bind(span.start_ns);
    insert.run();
    ++counts_.links;
    row_written();
  }
  if (!links_.empty()) links_ += ']';
}

void SqliteExport::note_part(const SpanView& span) {
  if (parts_.size() >= kPartsMax) write_parts();
  Part& part = parts_[std::string(span.trace_id)];
  ++part.spans;
  part.errors += span.is_error();
  part.bytes += static_cast<std::int64_t>(span.size_bytes);
  if (span.start_ns) part.start_ns = std::min(part.start_ns.value_or(*span.start_ns), *span.start_ns);
  if (span.end_ns) part.end_ns = std::max(part.end_ns.value_or(*span.end_ns), *span.end_ns);
  if (span.parent_span_id.empty() && !without_names_) note_root(part, span);
}

void SqliteExport::note_root(Part& part, const SpanView& span) {
  const auto earlier = [&] {
    return span.start_ns != part.root_start_ns ? span.start_ns < part.root_start_ns : span.span_id < part.root_span_id;
  };
  if (!part.root_span_id.empty() && !earlier()) return;
  part.root_start_ns = span.start_ns;
  part.root_span_id = span.span_id;
  part.root_service = span.service;
  part.root_name = span.name;
}

void SqliteExport::write_parts() {
  for (const auto& [trace_id, part] : parts_) {
    inserts_->part.bind(std::string_view(trace_id)).bind(part.spans).bind(part.errors).bind(part.start_ns);
    inserts_->part.bind(part.end_ns).bind(part.bytes).run();
    if (part.root_span_id.empty()) continue;
    inserts_->root.bind(std::string_view(trace_id)).bind(part.root_start_ns).bind(std::string_view(part.root_span_id));
    inserts_->root.bind_or_null(part.root_service).bind(std::string_view(part.root_name)).run();
  }
  parts_.clear();
}

void SqliteExport::add(const LogRecord& record) {
  if (failed()) return;
  ++counts_.decisions;
  Statement& insert = inserts_->record;
  insert.bind(std::string_view(record.trace_id)).bind(static_cast<std::int64_t>(record.revision));
  insert.bind(std::string_view(record.decided_at)).bind(std::string_view(record.verdict));
  insert.bind(std::string_view(record.json));
  insert.run();
  std::int64_t position = 0;
  for (const std::string& hop : record.path) {
    inserts_->hop.bind(static_cast<std::int64_t>(counts_.decisions)).bind(position++).bind(std::string_view(hop)).run();
  }
  row_written();
}

void SqliteExport::fill_tables() {
  write_parts();
  inserts_.reset();
  database_->execute("COMMIT; BEGIN");
  database_->execute(sql::kIndexSpans);
  database_->execute(sql::kFindNewest);
  database_->execute(sql::kJoinParts);
  if (!without_names_) database_->execute(sql::kFindRoots);
  database_->execute(sql::kFillTraces);
  database_->execute(sql::kFillLinks);
  database_->execute(sql::kFillPaths);
  database_->execute("COMMIT; BEGIN");
  database_->execute(sql::kIndexAll);
  database_->execute("COMMIT");
  counts_.traces = static_cast<std::uint64_t>(Statement(*database_, "SELECT count(*) FROM traces").number());
  counts_.path_hops = static_cast<std::uint64_t>(Statement(*database_, "SELECT count(*) FROM paths").number());
}

bool SqliteExport::publish() {
  if (failed()) return false;
  fill_tables();
  if (!database_->close() || !target_.close()) return false;
  companion_ = sqlite_companion(path_);
  if (companion_.empty()) return target_.publish();
  target_.keep_temporary();
  return false;
}

std::string SqliteExport::error() const {
  std::string text;
  if (!companion_.empty())
    text = companion_text(path_, companion_);
  else
    text = path_ + ": cannot be written: " +
           (target_.error_number() != 0 ? std::strerror(target_.error_number()) : database_->error());
  if (target_.is_kept()) text += "; the output is in " + target_.temporary_name();
  return text;
}

}  // namespace entail::cli
