// Writes spans and decision records into a SQLite file (docs/formats.md "SQLite export").
//
// The file appears under its name only with publish(), when it is whole: see OutputTarget. Thread rule: Confined.
// Memory: that of the database, partial results of at most 16,384 traces, and the JSON of the links, attributes and
// events of one span; only the last grows, with the largest span.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "decision_log.hpp"
#include "output/output_target.hpp"
#include "spans/span_reader.hpp"
#include "sqlite/database.hpp"

namespace entail::cli {

struct ExportCounts {
  std::uint64_t traces = 0;
  std::uint64_t spans = 0;
  std::uint64_t links = 0;
  std::uint64_t decisions = 0;
  std::uint64_t path_hops = 0;
};

// The -wal, -shm or -journal file of an earlier database that lies beside the path; empty if there is none. SQLite
// would replay it into a new database.
std::string sqlite_companion(const std::string& path);
// Why a database cannot be written there.
std::string companion_text(const std::string& path, const std::string& companion);

class SqliteExport {
 public:
  // without_names: only IDs, times, kinds and counts are written.
  SqliteExport(const std::string& path, bool without_names);
  ~SqliteExport();

  void add(const SpanView& span);
  void add(const LogRecord& record);
  // Fills the tables that need the whole input, builds the indexes and puts the file in place. False: error() says what
  // failed.
  bool publish();

  bool failed() const noexcept { return target_.error_number() != 0 || (database_ && database_->failed()); }
  std::string error() const;
  // publish() refused, because there is a sqlite_companion() now. The database is under its temporary name.
  bool has_companion() const noexcept { return !companion_.empty(); }
  const ExportCounts& counts() const noexcept { return counts_; }

 private:
  struct Inserts;
  struct Part {
    std::int64_t spans = 0;
    std::int64_t errors = 0;
    std::optional<std::int64_t> start_ns;
    std::optional<std::int64_t> end_ns;
    std::int64_t bytes = 0;
    // The first span without a parent; span_id is empty if there is none.
    std::optional<std::int64_t> root_start_ns;
    std::string root_span_id;
    std::string root_service;
    std::string root_name;
  };

  void insert_span(const SpanView& span);
  void insert_links(const SpanView& span);
  void note_part(const SpanView& span);
  static void note_root(Part& part, const SpanView& span);
  void write_parts();
  void row_written();
  void fill_tables();

  std::string path_;
  std::string companion_;  // that publish() found
  bool without_names_;
  OutputTarget target_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Inserts> inserts_;
  std::unordered_map<std::string, Part> parts_;  // by trace ID
  std::uint64_t rows_in_transaction_ = 0;
  std::string attributes_, events_, links_, link_attributes_;  // reused
  ExportCounts counts_;
};

}  // namespace entail::cli
