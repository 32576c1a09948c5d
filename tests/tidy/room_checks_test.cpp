// The checks of room_checks.hpp find their faults, and accept text that only looks similar.
#include "tests/tidy/room_checks.hpp"

#include <gtest/gtest.h>

namespace entail::tidy {
namespace {

const SourceFile kCmake = {"core/CMakeLists.txt",
                           "# entail_room(name) is one room\n"
                           "entail_room(base PkgConfig::xxhash)\n"
                           "entail_room(sync entail_base)\n"
                           "entail_room(graph entail_base\n            entail_sync)\n"
                           "entail_room(engine entail_graph)\n"
                           "entail_room(capi entail_base entail_sync entail_engine)\n"};

TEST(Tidy, ReadsTheRooms) {
  const std::vector<Room> rooms = rooms_of(kCmake);
  ASSERT_EQ(rooms.size(), 5u);
  EXPECT_EQ(rooms[0].name, "base");
  EXPECT_EQ(rooms[0].links, std::vector<std::string>());
  EXPECT_EQ(rooms[2].line, 4u);
  EXPECT_EQ(rooms[2].links, (std::vector<std::string>{"base", "sync"}));
}

TEST(Tidy, AllowsRoomsToIncludeWhatTheyLink) {
  const auto edge = [](const char* path, const char* target) {
    return include_edges({path, "#include \"" + std::string(target) + "\"\n"}, rooms_of(kCmake));
  };
  EXPECT_EQ(edge("core/graph/graph.cpp", "sync/epoch.hpp"), Faults());
  EXPECT_EQ(edge("core/graph/graph.cpp", "graph/graph.hpp"), Faults());
  EXPECT_EQ(edge("core/graph/graph.cpp", "entail/types.hpp"), Faults());
  EXPECT_EQ(edge("core/graph/graph.cpp", "engine/impl.hpp"),
            Faults({"core/graph/graph.cpp:1: may not include \"engine/impl.hpp\""}));
  EXPECT_EQ(edge("core/engine/engine.cpp", "base/bytes.hpp").size(), 1u);  // above it, but not linked
  EXPECT_EQ(edge("core/graph/graph.cpp", "tests/graph/edges.hpp").size(), 1u);
  EXPECT_EQ(edge("core/graph/graph.cpp", "graph.hpp").size(), 1u);
  EXPECT_EQ(edge("core/extra/a.cpp", "base/bytes.hpp"), Faults({"core/extra/a.cpp:1: in no known room"}));
  EXPECT_EQ(edge("core/include/entail/entail.hpp", "base/bytes.hpp").size(), 1u);
  EXPECT_EQ(edge("core/include/entail/entail.hpp", "entail/types.hpp"), Faults());
  EXPECT_EQ(edge("tools/entail/main.cpp", "entail/entail.hpp"), Faults());
  EXPECT_EQ(edge("tools/entail/main.cpp", "commands.hpp"), Faults());
  EXPECT_EQ(edge("tools/entail/main.cpp", "graph/graph.hpp").size(), 1u);
  EXPECT_EQ(edge("tools/entail/main.cpp", "tests/graph/edges.hpp").size(), 1u);
  EXPECT_EQ(edge("tests/graph/graph_test.cpp", "graph/graph.hpp"), Faults());
  EXPECT_EQ(edge("core/capi/calls.cpp", "capi/boundary.hpp"), Faults());
  EXPECT_EQ(edge("core/capi/calls.cpp", "entail/entail.h"), Faults());
  EXPECT_EQ(edge("core/capi/calls.cpp", "base/bytes.hpp"), Faults());
  EXPECT_EQ(edge("core/capi/calls.cpp", "sync/atomic.hpp"), Faults());
  EXPECT_EQ(edge("core/capi/calls.cpp", "sync/epoch.hpp").size(), 1u);
  EXPECT_EQ(edge("core/capi/calls.cpp", "engine/impl.hpp").size(), 1u);
  EXPECT_EQ(edge("core/engine/engine.cpp", "capi/boundary.hpp").size(), 1u);
  EXPECT_EQ(edge("examples/c/main.c", "capi/boundary.hpp").size(), 1u);
}

TEST(Tidy, FindsUnusedLinks) {
  const SourceFile cmake = {"core/CMakeLists.txt",
                            "entail_room(base)\nentail_room(sync entail_base entail_graph)\n"
                            "entail_room(graph entail_base)\nentail_room(engine)\nentail_room(capi entail_engine)\n"};
  const SourceFile sync = {"core/sync/a.hpp", "#include \"base/a.hpp\"\n#include \"graph/a.hpp\"\n"};
  const SourceFile graph = {"core/graph/a.hpp", "#include \"base/a.hpp\"\n"};
  EXPECT_EQ(room_links(cmake, {sync, graph}),
            Faults({"core/CMakeLists.txt:2: sync links graph, which is not declared above it"}));
  EXPECT_EQ(room_links(cmake, {sync, {"core/graph/a.hpp", "// \"base/a.hpp\"\n"}}).back(),
            "core/CMakeLists.txt:3: graph links base and includes nothing of it");
}

TEST(Tidy, FindsPagesListingRoomsOutOfOrder) {
  const std::vector<Room> rooms = rooms_of({"c", "entail_room(base)\nentail_room(sync)\n"});
  const auto faults_of = [&](const char* text) { return rooms_out_of_order({"A.md", text}, "## Rooms", rooms).size(); };
  EXPECT_EQ(faults_of("core/sync\n## Rooms\ncore/base\ncore/sync\n"), 0u);
  EXPECT_EQ(faults_of("\n## Rooms\ncore/sync\ncore/base\n"), 1u);
  EXPECT_EQ(faults_of("\n## Rooms\ncore/base\ncore/sync_more\n"), 1u);
  EXPECT_EQ(faults_of("core/base core/sync\n"), 1u);
}

}  // namespace
}  // namespace entail::tidy
