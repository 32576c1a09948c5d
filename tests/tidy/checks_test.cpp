// Each check finds its faults, and accepts code that only looks similar.
#include <gtest/gtest.h>

#include "tests/tidy/checks.hpp"

namespace entail::tidy {
namespace {

SourceFile file(std::string path, std::string text) { return {std::move(path), std::move(text)}; }

std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "  x();\n";
  return text;
}

TEST(Tidy, BlanksCommentsAndLiterals) {
  EXPECT_EQ(without_comments_and_literals("a // b\n\"c\\\"d\" e"), "a     \n       e");
  EXPECT_EQ(without_comments_and_literals("/* a\nb */ c"), "    \n     c");
  EXPECT_EQ(without_comments_and_literals("x = 1'000; 'y' z"), "x = 1'000;     z");
  EXPECT_EQ(without_comments_and_literals("R\"(a \" // b)\" c"), "              c");
  EXPECT_EQ(without_comments_and_literals("\"open\nnext"), "     \nnext");
}

TEST(Tidy, BlanksEverythingButComments) {
  EXPECT_EQ(comments_alone("a // b\n\"// c\" /* d */"), "  // b\n       /* d */");
}

TEST(Tidy, FindsLongLines) {
  EXPECT_EQ(long_lines(file("a.cpp", std::string(120, 'x') + "\n")), Faults());
  EXPECT_EQ(long_lines(file("a.cpp", "\n" + std::string(121, 'x') + "\n")), Faults({"a.cpp:2: 121 columns"}));
  EXPECT_EQ(long_lines(file("a.cpp", std::string(119, 'x') + "\xc3\xa4\n")), Faults());
  EXPECT_EQ(long_lines(file("a.cpp", "R\"(\n" + std::string(120, 'x') + ")\"\n")), Faults());
  EXPECT_EQ(long_lines(file("a.cpp", "x \n")), Faults({"a.cpp:1: blanks at the end"}));
  EXPECT_EQ(long_lines(file("a.cpp", "x")), Faults({"a.cpp:1: no newline at the end"}));
}

TEST(Tidy, FindsLongFilesAndFunctions) {
  EXPECT_EQ(long_file(file("core/base/a.cpp", lines(500))), Faults());
  EXPECT_EQ(long_file(file("core/base/a.cpp", lines(501))).size(), 1u);
  EXPECT_EQ(long_file(file("tests/base/a.cpp", lines(501))).size(), 1u);
  EXPECT_EQ(long_functions(file("core/a.cpp", "void f() {\n" + lines(68) + "}\n")), Faults());
  EXPECT_EQ(long_functions(file("core/a.cpp", "int g;\n\nvoid f() {\n" + lines(69) + "}\n")),
            Faults({"core/a.cpp:3: 71 lines in one function"}));
  EXPECT_EQ(long_functions(file("core/a.cpp", "void f() {\n" + lines(60) + "}\nvoid g() {\n" + lines(60) + "}\n")),
            Faults());
}

TEST(Tidy, FindsBannedWords) {
  EXPECT_EQ(banned_words(file("tools/a.cpp", "// TODO later\n")),
            Faults({"tools/a.cpp:1: TODO: do it, or open an issue"}));
  EXPECT_EQ(banned_words(file("core/base/a.cpp", "int x;\nstd::mutex m;\n")),
            Faults({"core/base/a.cpp:2: std::mutex: nothing waits for another thread"}));
  EXPECT_EQ(
      banned_words(file("core/base/a.cpp", "// no std::mutex here\nauto s = \"throw\"; int operand; snprintf();\n")),
      Faults());
  EXPECT_EQ(banned_words(file("core/base/a.cpp", "std::atomic<int> x;")).size(), 1u);
  EXPECT_EQ(banned_words(file("core/sync/atomic.hpp", "std::atomic_ref<int> x;")), Faults());
  EXPECT_EQ(banned_words(file("tools/a.cpp", "std::mutex m;\n")), Faults());
}

TEST(Tidy, AllowsLocksInTwoFiles) {
  EXPECT_EQ(banned_words(file("core/capi/engine_handle.cpp", "std::mutex m;\n")), Faults());
  EXPECT_EQ(banned_words(file("core/capi/engine_calls.cpp", "std::mutex m;\n")).size(), 1u);
}

TEST(Tidy, FindsIncompleteDeclarationComments) {
  const std::string complete =
      "/* f: does it.\n   threads    any\n   blocks     never\n   allocates  never\n   borrows    nothing\n"
      "   on error   cannot fail\n   since      ABI 1.0 */\n";
  const std::string function = "ENTAIL_API int f(void);\n";
  EXPECT_EQ(incomplete_declarations(file("a.h", "\n" + complete + function)), Faults());
  EXPECT_EQ(incomplete_declarations(file("a.h", "\n" + complete + function + function)),
            Faults({"a.h:10: no comment above it"}));
  for (const char* line : {"threads", "blocks", "allocates", "borrows", "on error", "since"}) {
    std::string incomplete = complete;
    incomplete.replace(incomplete.find(line), 1, "x");
    EXPECT_EQ(incomplete_declarations(file("a.h", "\n" + incomplete + function)),
              Faults({std::string("a.h:9: missing: ") + line}));
  }
  std::string empty = complete;
  empty.replace(empty.find("never"), 5, "     ");
  EXPECT_EQ(incomplete_declarations(file("a.h", "\n" + empty + function)).size(), 1u);
  EXPECT_EQ(incomplete_declarations(file("a.h", "#define ENTAIL_API\n")), Faults());
}

TEST(Tidy, FindsMeaninglessNames) {
  EXPECT_EQ(banned_names(file("core/wire/string_utils.hpp", "")).size(), 1u);
  EXPECT_EQ(banned_names(file("core/common/a.hpp", "")).size(), 1u);
  EXPECT_EQ(banned_names(file("core/wire/utility_bill.hpp", "")), Faults());
}

TEST(Tidy, FindsAtomicsWithoutOrder) {
  const std::string declaration = "std::atomic<int> x;\n";
  EXPECT_EQ(atomics_without_order(file("tools/a.cpp", declaration + "x.load();")),
            Faults({"tools/a.cpp:2: load() names no memory order"}));
  EXPECT_EQ(atomics_without_order(file("tools/a.cpp", declaration + "x.store(f(1));")).size(), 1u);
  EXPECT_EQ(atomics_without_order(file("tools/a.cpp", declaration + "x.compare_exchange_weak(a, b);")).size(), 1u);
  EXPECT_EQ(atomics_without_order(file("tools/a.cpp", declaration + "x.store(f(1),\n std::memory_order_relaxed);")),
            Faults());
  EXPECT_EQ(atomics_without_order(file("tools/a.cpp", declaration + "x.load(Orders::peek);")), Faults());
  EXPECT_EQ(atomics_without_order(file("tools/a.cpp", "document.load(text);")), Faults());
  EXPECT_EQ(atomics_without_order(file("tests/a.cpp", declaration + "x.load();")), Faults());
}

TEST(Tidy, FindsLockFreeHeadersWithoutProtocol) {
  const std::string body = "template <class Sync>\nclass X { typename Sync::template Atomic<int> x; };\n";
  EXPECT_EQ(missing_protocol(file("core/graph/x.hpp", body)).size(), 1u);
  EXPECT_EQ(missing_protocol(file("core/graph/x.hpp", "// PROTOCOL x: y\n" + body)).size(), 1u);
  EXPECT_EQ(missing_protocol(file("core/graph/x.hpp", "// PROTOCOL x: y\n//   proved by tests/x_test.cpp\n" + body)),
            Faults());
  EXPECT_EQ(missing_protocol(file("core/graph/x.hpp", "class X { HardwareAtomic<int> x; };\n")).size(), 1u);
  EXPECT_EQ(missing_protocol(file("core/graph/x.hpp", "// Counters: relaxed.\nclass X { HardwareAtomic<int> x; };\n")),
            Faults());
  EXPECT_EQ(proofs_named(file("x", "//   proved by tests/a/b_test.cpp; mutants\n")),
            std::vector<std::string>({"tests/a/b_test.cpp"}));
}

TEST(Tidy, FindsPhasesSetOutsideTheLifeCycle) {
  const std::string call = "void f() {\n  traces.ledger.set_phase(id, Phase::kept);\n}\n";
  EXPECT_EQ(phases_set_elsewhere(file("core/engine/verdict.cpp", call)),
            Faults({"core/engine/verdict.cpp:2: sets a phase; only core/engine/life_cycle.cpp does"}));
  EXPECT_EQ(phases_set_elsewhere(file("core/engine/verdict.cpp", "ledger->set_phase(id, Phase::kept);")).size(), 1u);
  EXPECT_EQ(phases_set_elsewhere(file("core/engine/life_cycle.cpp", call)), Faults());
  EXPECT_EQ(phases_set_elsewhere(file("core/propagate/record.hpp", "void set_phase(RecordId id, Phase phase);")),
            Faults());
  EXPECT_EQ(phases_set_elsewhere(file("tests/propagate/a_test.cpp", call)), Faults());
}

TEST(Tidy, FindsHeadersWithoutContract) {
  EXPECT_EQ(header_shape(file("a.hpp", "// What it is.\n#pragma once\n")), Faults());
  EXPECT_EQ(header_shape(file("a.hpp", "#include <x>\n")).size(), 2u);
}

}  // namespace
}  // namespace entail::tidy
