// Each check of protocol_checks.hpp finds its faults, and accepts text that only looks similar.
#include "tests/tidy/protocol_checks.hpp"

#include <gtest/gtest.h>

namespace entail::tidy {
namespace {

SourceFile header(std::string text) { return {"core/graph/x.hpp", std::move(text)}; }

TEST(Tidy, FindsProtocols) {
  EXPECT_EQ(protocols_defined(header("// PROTOCOL one_two: how it is.\n// PROTOCOL three (a half): more\n")),
            (std::vector<std::string>{"one_two", "three"}));
  EXPECT_EQ(protocols_defined(
                header("  // PROTOCOL one: in a class\n// PROTOCOL one's pointer P.\n// PROTOCOL one (x.hpp).\n")),
            std::vector<std::string>());
}

TEST(Tidy, FindsProtocolsWithoutATableRow) {
  const SourceFile file = header("// PROTOCOL one: how it is.\n");
  EXPECT_EQ(protocols_without_row(file, "| [one](../../core/graph/x.hpp) | [one_test.cpp]"), Faults());
  EXPECT_EQ(protocols_without_row(file, "| [other](../../core/graph/x.hpp) |").size(), 1u);
  EXPECT_EQ(protocols_without_row(file, "| [one](../../core/graph/moved.hpp) |").size(), 1u);
}

TEST(Tidy, FindsUnknownNamesInProtocols) {
  KnownNames known;
  const std::string code = "AbCd taken_(kIdle, \"quoted_\"); memory_order_relaxed, memory_order_seq_cst\n";
  add_names({"core/graph/y.hpp", "// ghost_\n" + code}, known);
  add_names(header("// PROTOCOL other_one: how it is.\nint peek;\n"), known);
  const auto faults_of = [&](const std::string& text) {
    return unknown_names(header("// ghost_ghost()\n\n// PROTOCOL one: how\n// " + text + "\n"), known);
  };
  EXPECT_EQ(faults_of("taken_ is AbCd or kIdle, `peek`; peek(x) is seq_cst, not `relaxed` (other_one)"), Faults());
  EXPECT_EQ(faults_of("RMWs of 64w bytes; W1 and ThreadSanitizer; see core/graph/y.hpp, y.hpp."), Faults());
  EXPECT_EQ(faults_of("ghost_"), Faults({"core/graph/x.hpp:4: names ghost_, which is nowhere in the code"}));
  for (const char* text : {"ghost()", "ghost(x)", "a_ghost", "quoted_", "GhostWord", "kGhost", "`ghost`", "ghost.hpp"})
    EXPECT_EQ(faults_of(text).size(), 1u) << text;
  EXPECT_EQ(faults_of("x\n//\n// ghost()").size(), 1u);      // still the same comment
  EXPECT_EQ(faults_of("x\nint y;\n// ghost()").size(), 0u);  // another one
}

TEST(Tidy, FindsUnknownNamesOnAPage) {
  KnownNames known;
  known.words = {"peek", "taken_"};
  const auto faults_of = [&](const char* text) { return unknown_names_on_page({"tests/README.md", text}, known); };
  EXPECT_EQ(faults_of("`peek`, `taken_`; ghost `bin/tidy --ghost`, `tidy_test`\n"), Faults());
  EXPECT_EQ(faults_of("x\n`peek` `ghost_` `taken_`\n"),
            Faults({"tests/README.md:2: names ghost_, which is nowhere in the code"}));
}

const std::string kOrders =
    "struct XOrders : BaseOrders {\n"
    "  static constexpr auto peek = std::memory_order_relaxed;  // a guess\n"
    "  static constexpr auto take = std::memory_order_acquire;\n"
    "};\n";

TEST(Tidy, ReadsOrdersAndMutants) {
  const std::vector<StatedOrder> orders = stated_orders(header(kOrders));
  ASSERT_EQ(orders.size(), 2u);
  EXPECT_EQ(orders[0].name + orders[0].orders + orders[0].base, "peekXOrdersBaseOrders");
  EXPECT_TRUE(orders[0].relaxed);
  EXPECT_EQ(orders[0].reason, "// a guess");
  EXPECT_FALSE(orders[1].relaxed);
  EXPECT_EQ(orders[1].reason, "");
  const std::string line = "  static constexpr auto take = std::memory_order_relaxed;\n";
  EXPECT_EQ(mutants_of({"t", "struct M : XOrders {\n" + line + "};\n"}).size(), 1u);
  EXPECT_EQ(mutants_of({"t", "struct M : XOrders {\n" + line + line + "};\n"}).size(), 0u);
  EXPECT_EQ(mutants_of({"t", "struct M {\n" + line + "};\n"}).size(), 0u);
}

TEST(Tidy, FindsOrdersWithoutProof) {
  const auto faults_of = [](const std::string& text, const std::vector<Mutant>& mutants) {
    return orders_without_proof(header(text), stated_orders(header(text)), mutants);
  };
  EXPECT_EQ(faults_of(kOrders, {{"XOrders", "take"}}), Faults());
  EXPECT_EQ(faults_of(kOrders, {}), Faults({"core/graph/x.hpp:3: XOrders::take has no mutant of its own"}));
  EXPECT_EQ(faults_of(kOrders, {{"YOrders", "take"}, {"XOrders", "peek"}}).size(), 1u);
  const std::string derived = kOrders +
                              "struct YOrders : XOrders {\n  // A reason.\n"
                              "  static constexpr auto fill = std::memory_order_relaxed;\n};\n";
  EXPECT_EQ(faults_of(derived, {{"YOrders", "take"}}), Faults());
  const std::string bare = "struct XOrders {\n  static constexpr auto peek = std::memory_order_relaxed;\n};\n";
  EXPECT_EQ(faults_of(bare, {}), Faults({"core/graph/x.hpp:2: XOrders::peek is relaxed without a reason"}));
  const std::string argued =
      "struct XOrders {\n  // No mutant: why.\n  static constexpr auto take = "
      "std::memory_order_acquire;\n};\n";
  EXPECT_EQ(faults_of(argued, {}), Faults());
}

TEST(Tidy, FindsOrdersWithADefaultArgument) {
  EXPECT_EQ(defaulted_orders(header("T load(std::memory_order order) const;\n")), Faults());
  EXPECT_EQ(defaulted_orders(header("T load(std::memory_order order = std::memory_order_seq_cst) const;\n")).size(),
            1u);
}

TEST(Tidy, FindsUndocumentedPublicDeclarations) {
  const auto faults_of = [](const std::string& text) {
    return undocumented_declarations({"core/include/entail/x.hpp", "namespace a {\n" + text + "}\n"}).size();
  };
  EXPECT_EQ(faults_of("// What.\nint f();\nint g();\n"), 0u);
  EXPECT_EQ(faults_of("int f();  // what\n"), 0u);
  EXPECT_EQ(faults_of("class X;\n"), 0u);
  EXPECT_EQ(faults_of("// What.\nstruct X {\n  int a;\n\n  int b;\n};\n"), 0u);
  EXPECT_EQ(faults_of("// What.\nint f(int a,\n      int b);\n"), 0u);
  EXPECT_EQ(faults_of("int f();\n"), 1u);
  EXPECT_EQ(faults_of("// What.\nint f();\n\nint g();\n"), 1u);
  EXPECT_EQ(faults_of("// What.\nstruct X {\n  int a;\n};\n\nstruct Y {\n  int b;  // not of Y itself\n};\n"), 1u);
  EXPECT_EQ(undocumented_declarations({"core/graph/x.hpp", "int f();\n"}), Faults());
}

TEST(Tidy, FindsLossesWithoutDescription) {
  EXPECT_EQ(undescribed_loss("no_room", "warning", "requests for which there was no room"), Faults());
  EXPECT_EQ(undescribed_loss("", "warning", "requests for which there was no room").size(), 1u);
  EXPECT_EQ(undescribed_loss("No Room", "warning", "requests for which there was no room").size(), 1u);
  EXPECT_EQ(undescribed_loss("no_room", "fatal", "requests for which there was no room").size(), 1u);
  EXPECT_EQ(undescribed_loss("no_room", "warning", "").size(), 1u);
  EXPECT_EQ(undescribed_loss("no_room", "warning", "ooooooooooooooooooooooooooo").size(), 1u);
}

}  // namespace
}  // namespace entail::tidy
