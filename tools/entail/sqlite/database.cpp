#include "sqlite/database.hpp"

#include <sqlite3.h>

#include <filesystem>

namespace entail::cli {

Database::Database(const std::string& path) {
  // The only way to choose the folder; SQLite reads it when it opens a temporary file. Never freed, as it may be used
  // until the end of the process.
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (!folder.empty()) {
    sqlite3_free(sqlite3_temp_directory);
    sqlite3_temp_directory = sqlite3_mprintf("%s", folder.c_str());
  }
  if (sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                      nullptr) != SQLITE_OK)
    fail();
  execute(
      "PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = FILE;"
      "PRAGMA main.cache_size = -65536; PRAGMA temp.cache_size = -65536;");
}

Database::~Database() { close(); }

void Database::execute(const char* sql) {
  if (failed()) return;
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

bool Database::close() {
  if (handle_ != nullptr && sqlite3_close(handle_) != SQLITE_OK && !failed()) {
    fail();
    sqlite3_close_v2(handle_);
  }
  handle_ = nullptr;
  return !failed();
}

void Database::fail() {
  if (!failed()) error_ = handle_ != nullptr ? sqlite3_errmsg(handle_) : "out of memory";
}

Statement::Statement(Database& database, const char* sql) : database_(database) {
  if (!database_.failed()) check(sqlite3_prepare_v2(database_.handle_, sql, -1, &statement_, nullptr));
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::check(int code) {
  if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) database_.fail();
}

Statement& Statement::bind(std::string_view text) {
  if (database_.failed()) return *this;
  // A null pointer would bind null.
  check(sqlite3_bind_text64(statement_, next_++, text.data() != nullptr ? text.data() : "", text.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(std::int64_t number) {
  if (!database_.failed()) check(sqlite3_bind_int64(statement_, next_++, number));
  return *this;
}

Statement& Statement::bind(std::optional<std::int64_t> number) { return number ? bind(*number) : bind_null(); }

Statement& Statement::bind(std::optional<double> number) {
  if (!number) return bind_null();
  if (!database_.failed()) check(sqlite3_bind_double(statement_, next_++, *number));
  return *this;
}

Statement& Statement::bind_null() {
  if (!database_.failed()) check(sqlite3_bind_null(statement_, next_++));
  return *this;
}

void Statement::run() {
  if (database_.failed()) return;
  check(sqlite3_step(statement_));
  sqlite3_reset(statement_);
  next_ = 1;
}

std::int64_t Statement::number() {
  if (database_.failed()) return 0;
  const int code = sqlite3_step(statement_);
  const std::int64_t value = code == SQLITE_ROW ? sqlite3_column_int64(statement_, 0) : 0;
  check(code);
  sqlite3_reset(statement_);
  return value;
}

}  // namespace entail::cli
