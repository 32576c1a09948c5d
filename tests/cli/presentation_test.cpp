// What is printed for people: widths of characters, tables of every width, progress, suggestions, manual pages.
#include <gtest/gtest.h>

#include <set>

#include "output/grid.hpp"
#include "output/table.hpp"
#include "output/text_width.hpp"
#include "program.hpp"
#include "progress.hpp"
#include "usage/man_page.hpp"
#include "usage/nearest_word.hpp"

namespace entail::cli {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

TEST(TextWidth, CountsColumnsAsTerminalsDo) {
  EXPECT_EQ(columns_of(""), 0u);
  EXPECT_EQ(columns_of("plain"), 5u);
  EXPECT_EQ(columns_of("größe"), 5u);
  EXPECT_EQ(columns_of("e\u0301"), 1u);  // a combining accent
  EXPECT_EQ(columns_of("很長"), 4u);     // wide
  EXPECT_EQ(columns_of("한글"), 4u);
  EXPECT_EQ(columns_of("🚀"), 2u);
  EXPECT_EQ(columns_of("└─…"), 3u);
  EXPECT_EQ(columns_of("\xff\xfe"), 2u);  // no UTF-8
}

TEST(TextWidth, ShortensWithinTheColumns) {
  EXPECT_EQ(shortened("name", 4), "name");
  EXPECT_EQ(shortened("names", 4), "nam…");
  EXPECT_EQ(shortened("很長的名", 8), "很長的名");
  EXPECT_EQ(shortened("很長的名", 7), "很長的…");
  EXPECT_EQ(shortened("很長的名", 6), "很長…");
  EXPECT_EQ(shortened("name", 1), "…");
  EXPECT_EQ(shortened("name", 0), "");
}

TEST(TextWidth, ShortensWhatTakesBytesButNoColumns) {
  std::string marks = "e";
  for (int i = 0; i < 100'000; ++i) marks += "\u0301";
  const std::string text = shortened(marks, 10);
  EXPECT_LE(text.size(), 10u * 8 + 16 + std::string("…").size());
  EXPECT_TRUE(text.starts_with("e\u0301\u0301") && text.ends_with("\u0301…"));
  EXPECT_EQ(columns_of(text), 2u);
  EXPECT_EQ(wrapped(marks, 10), std::vector<std::string>{text});
  EXPECT_EQ(shortened(marks.substr(1), 0), "");
  EXPECT_EQ(shortened("กี่กี่", 2), "กี่กี่");  // letters with two marks each
}

TEST(TextWidth, WrapsAtSpaces) {
  EXPECT_EQ(wrapped("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrapped("a-very-long-word b", 6), (std::vector<std::string>{"a-ver…", "b"}));
  EXPECT_EQ(wrapped("", 6), std::vector<std::string>{""});
  EXPECT_EQ(indented("one two", 2, 6), "  one\n  two\n");
}

TEST(Grid, FitsEveryWidth) {
  for (std::size_t columns = 40; columns <= 200; ++columns) {
    Grid grid(Paint{false, columns}, {"Service", "spans", "bytes", "share", "per day", "written"});
    grid.row({"很長" + std::string(170, 'x'), "1,234,567", "1.5 GiB", "100.0 %", "12 TiB", "3.4 MiB"});
    grid.row({"short", "1", "2 B", "", "", "3 B"}, 1);
    for (const std::string& line : lines_of(grid.text())) EXPECT_LE(columns_of(line), columns) << line;
    EXPECT_NE(grid.text().find("1,234,567"), std::string::npos) << columns;
    EXPECT_NE(grid.text().find("…"), std::string::npos) << grid.text();
  }
}

constexpr const char* kHostile = "a\x1b[31m\u009b\u202e\u2028\r\xff";
constexpr const char* kHarmless = "a?[31m??????????";

TEST(Grid, ShowsNothingThatATerminalObeys) {
  for (const std::size_t columns : {std::size_t{40}, std::size_t{120}}) {
    Grid grid(Paint{false, columns}, {"Service", std::string(30, 's')});
    grid.row({kHostile, kHostile}, 1);
    grid.line(kHostile);
    const std::string text = grid.text();
    for (std::size_t i = 0, at = 0; i < 3; ++i, ++at) {
      at = text.find(kHarmless, at);
      ASSERT_NE(at, std::string::npos) << text;
    }
    for (const char* const hostile : {"\x1b", "\u009b", "\u202e", "\u2028", "\r", "\xff"})
      EXPECT_EQ(text.find(hostile), std::string::npos) << text;
  }
}

TEST(Grid, StacksTheCells_WhereTheyDoNotFit) {
  Grid grid(Paint{false, 40}, {"Service", "kept", "dropped", "share kept", "kept per day", "written"});
  grid.row({"shop", "62 B", "0 B", "100.0 %", "308 KiB", "314 B"});
  EXPECT_EQ(grid.text(),
            "Service\nshop\n    kept 62 B  dropped 0 B\n    share kept 100.0 %\n"
            "    kept per day 308 KiB  written 314 B\n");
}

TEST(Table, FitsEveryWidth) {
  for (std::size_t columns = 40; columns <= 200; ++columns) {
    Table table(Paint{false, columns});
    table.heading("A heading that is longer than the narrowest terminal has columns");
    table.row("a label that is longer than its column is wide", 1'234'567'890, "and a note that needs several lines");
    table.row("label", 1, "short");
    table.line("A line of its own that is also longer than the narrowest terminal is wide", {}, 1);
    const std::string text = table.take();
    for (const std::string& line : lines_of(text)) EXPECT_LE(columns_of(line), columns) << line;
    EXPECT_NE(text.find("1,234,567,890"), std::string::npos);
    EXPECT_NE(text.find("lines"), std::string::npos);
  }
}

TEST(Table, ShowsNothingThatATerminalObeys) {
  Table table(Paint{false, 120});
  table.heading(kHostile);
  table.row(kHostile, std::string_view(kHostile), kHostile);
  table.line(kHostile);
  const std::string shown = kHarmless;
  EXPECT_EQ(table.take(), shown + "\n  " + shown + std::string(34 + 14 - 2 * shown.size(), ' ') + shown + "  " + shown +
                              "\n  " + shown + "\n");
  Table coloured(Paint{true, 120});
  coloured.row(kHostile, 1, {}, coloured.paint().red());
  EXPECT_NE(coloured.take().find(std::string(Paint{true}.red()) + "1"), std::string::npos) << "colours stay";
}

TEST(Progress, SaysWhatIsKnown) {
  EXPECT_EQ(progress_text({1, 900, 0, 0, 5}), "1 request, 900 B");
  EXPECT_EQ(progress_text({1234, 2u << 20, 25, 100, 0.5}), "1,234 requests, 2.0 MiB, 25 %");
  EXPECT_EQ(progress_text({1234, 2u << 20, 25, 100, 10}), "1,234 requests, 2.0 MiB, 25 %, 30 s left");
  EXPECT_EQ(progress_text({2, 1, 1, 100, 10}), "2 requests, 1 B, 1 %, 17 min left");
  EXPECT_EQ(progress_text({2, 1, 1, 1000, 10}), "2 requests, 1 B, 0 %, 2 h 47 min left");
  EXPECT_EQ(progress_text({2, 1, 120, 100, 10}), "2 requests, 1 B, 100 %, 0 s left");
  EXPECT_EQ(progress_text({2, 1, 0, 100, 10}), "2 requests, 1 B, 0 %");
}

TEST(NearestWord, IsTheOneThatWasMeant_OrNone) {
  const std::vector<std::string> words = {"sample", "why", "generate", "graph", "--format", "--from", "json", "jsonl"};
  EXPECT_EQ(nearest_word("smaple", words), "sample");
  EXPECT_EQ(nearest_word("whi", words), "why");
  EXPECT_EQ(nearest_word("gen", words), "generate");
  EXPECT_EQ(nearest_word("g", words), "");  // two begin with it
  EXPECT_EQ(nearest_word("--form", words), "--from");
  EXPECT_EQ(nearest_word("-format", words), "--format");
  EXPECT_EQ(nearest_word("jsnol", words), "jsonl");
  EXPECT_EQ(nearest_word("xyz", words), "");
  EXPECT_EQ(nearest_word("", words), "");
  EXPECT_EQ(nearest_word(std::string(1000, 's'), words), "");
}

// Every command has a page, and every page its options; no line but a request begins with a dot.
TEST(ManPages, CoverEveryCommandAndOption) {
  CommandLine line = program_line();
  Action action;
  add_commands(line, action);
  std::set<std::string> names;
  for (const ManPage& page : man_pages(line.program().shape(), "entail 1")) {
    names.insert(page.name + "." + page.section);
    for (const std::string& text : lines_of(page.text)) {
      if (!text.starts_with('.')) continue;
      const std::string request = text.substr(0, text.find(' '));
      EXPECT_TRUE((std::set<std::string>{".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".EX", ".EE"}.contains(request)))
          << page.name << ": " << text;
    }
    if (page.name == "entail-sample") {
      for (const char* const part : {"\\-o, \\-\\-output FILE", "proto\\-varint", ".SH EXIT STATUS", "\\-\\-quiet"})
        EXPECT_NE(page.text.find(part), std::string::npos) << part;
    }
    if (page.name == "entail-generate") {
      EXPECT_NE(page.text.find(".SS \"hot\\-producer\""), std::string::npos);
    }
    if (page.name == "entail.yaml") {
      for (const char* const part : {"max_hops:", "threshold_ms", ".SS \"string_attribute\""})
        EXPECT_NE(page.text.find(part), std::string::npos) << part;
    }
  }
  EXPECT_EQ(names.size(), 20u);
  for (const char* const name : {"entail.1", "entail-sample.1", "entail-config-check.1", "entail.yaml.5"})
    EXPECT_TRUE(names.contains(name)) << name;
}

}  // namespace
}  // namespace entail::cli
