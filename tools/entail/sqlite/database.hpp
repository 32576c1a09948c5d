// A new SQLite database and the statements that fill it. The first failure sticks: later calls do nothing, and error()
// says what failed.
//
// It has no journal: until it is complete, nobody but its writer may open the file. Thread rule: Confined.
// Memory: two caches of 64 MiB each, of the database and of its temporary tables; what exceeds them is on disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace entail::cli {

class Database {
 public:
  // Opens an empty file. Temporary tables are in unnamed files in the same folder.
  explicit Database(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Executes statements separated by semicolons.
  void execute(const char* sql);
  // Closes the database. False: something failed since it was opened.
  bool close();

  bool failed() const noexcept { return !error_.empty(); }
  const std::string& error() const noexcept { return error_; }

 private:
  friend class Statement;
  void fail();

  sqlite3* handle_ = nullptr;
  std::string error_;
};

// A statement with parameters, which are bound in order. Must not outlive its database.
class Statement {
 public:
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Text is borrowed until run() has returned.
  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);
  Statement& bind(std::optional<std::int64_t> number);
  Statement& bind(std::optional<double> number);
  Statement& bind_null();
  // null instead of an empty text.
  Statement& bind_or_null(std::string_view text) { return text.empty() ? bind_null() : bind(text); }
  // Executes it; its parameters are to be bound anew.
  void run();
  // The first column of the only row; 0 if it failed.
  std::int64_t number();

 private:
  void check(int code);

  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
  int next_ = 1;
};

}  // namespace entail::cli
