#include "available_memory.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "entail/options.hpp"

namespace entail::cli {
namespace {

constexpr std::uint64_t kMiB = 1u << 20;
constexpr const char* kNoVersion1Limit = "9223372036854771712\n";

// A simulated machine: files in a folder of the test's own.
class AvailableMemory : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "entail_memory_" + testing::UnitTest::GetInstance()->current_test_info()->name() +
            "_" + std::to_string(::getpid());
    put("/proc/meminfo", "MemTotal:       1048576 kB\nMemFree:          20000 kB\nMemAvailable:     30000 kB\n");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void put(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::optional<std::uint64_t> bytes() const { return available_memory_bytes(root_); }

  std::string root_;
};

TEST_F(AvailableMemory, WithoutGroups_IsTheMachinesTotal) { EXPECT_EQ(bytes(), 1024 * kMiB); }

TEST_F(AvailableMemory, IsNothing_WithoutFiles) {
  std::filesystem::remove_all(root_);
  EXPECT_EQ(bytes(), std::nullopt);
}

TEST_F(AvailableMemory, Version2_UsesTheLimitOfTheGroup) {
  put("/proc/self/cgroup", "0::/user.slice/run\n");
  put("/sys/fs/cgroup/user.slice/run/memory.max", "268435456\n");
  put("/sys/fs/cgroup/user.slice/memory.max", "max\n");
  EXPECT_EQ(bytes(), 256 * kMiB);
}

TEST_F(AvailableMemory, Version2_UsesTheSmallestNestedLimit) {
  put("/proc/self/cgroup", "0::/outer/middle/inner\n");
  put("/sys/fs/cgroup/outer/middle/inner/memory.max", "max\n");
  put("/sys/fs/cgroup/outer/middle/memory.max", "536870912\n");
  put("/sys/fs/cgroup/outer/memory.max", "134217728\n");
  EXPECT_EQ(bytes(), 128 * kMiB);
}

TEST_F(AvailableMemory, Version2_MaxEverywhere_IsTheMachinesTotal) {
  put("/proc/self/cgroup", "0::/a\n");
  put("/sys/fs/cgroup/a/memory.max", "max\n");
  put("/sys/fs/cgroup/a/memory.high", "max\n");
  EXPECT_EQ(bytes(), 1024 * kMiB);
}

TEST_F(AvailableMemory, Version2_IncludesTheThrottleLimit) {
  put("/proc/self/cgroup", "0::/a\n");
  put("/sys/fs/cgroup/a/memory.max", "536870912\n");
  put("/sys/fs/cgroup/a/memory.high", "402653184\n");
  EXPECT_EQ(bytes(), 384 * kMiB);
}

TEST_F(AvailableMemory, Version2_InAContainer_ReadsTheMount) {
  put("/proc/self/cgroup", "0::/\n");
  put("/sys/fs/cgroup/memory.max", "67108864\n");
  EXPECT_EQ(bytes(), 64 * kMiB);
}

TEST_F(AvailableMemory, Version2_GroupOutsideTheMount_ReadsTheMount) {
  put("/proc/self/cgroup", "0::/../other\n");
  put("/sys/fs/cgroup/memory.max", "67108864\n");
  put("/sys/fs/other/memory.max", "1048576\n");
  EXPECT_EQ(bytes(), 64 * kMiB);
}

TEST_F(AvailableMemory, Version1_UsesTheLimitOfTheGroup_OrOfAnAncestor) {
  put("/proc/self/cgroup", "9:name=systemd:/x\n4:cpuacct,memory:/docker/abc\n3:memory_like:/y\n");
  put("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", kNoVersion1Limit);
  put("/sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "314572800\n");
  put("/sys/fs/cgroup/memory/memory.limit_in_bytes", kNoVersion1Limit);
  put("/sys/fs/cgroup/memory/y/memory.limit_in_bytes", "1048576\n");
  EXPECT_EQ(bytes(), 300 * kMiB);
}

TEST_F(AvailableMemory, Version1_InAContainer_IgnoresTheMissingHostPath) {
  put("/proc/self/cgroup", "4:memory:/docker/abc\n");
  put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "209715200\n");
  EXPECT_EQ(bytes(), 200 * kMiB);
}

TEST_F(AvailableMemory, BothVersions_UseTheSmallerLimit) {
  put("/proc/self/cgroup", "4:memory:/a\n0::/b\n");
  put("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "419430400\n");
  put("/sys/fs/cgroup/unified/b/memory.max", "209715200\n");
  EXPECT_EQ(bytes(), 200 * kMiB);
}

TEST_F(AvailableMemory, IgnoresALimitAboveTheMachinesTotal) {
  put("/proc/self/cgroup", "0::/\n");
  put("/sys/fs/cgroup/memory.max", "99999999999999\n");
  EXPECT_EQ(bytes(), 1024 * kMiB);
}

TEST_F(AvailableMemory, IgnoresBrokenFiles) {
  put("/proc/self/cgroup", "nonsense\n:\n0:\n0::\n");
  put("/sys/fs/cgroup/memory.max", "-\n");
  EXPECT_EQ(bytes(), 1024 * kMiB);
  put("/proc/meminfo", "MemTotal: much\n");
  EXPECT_EQ(bytes(), std::nullopt);
}

TEST(DefaultMemoryLimit, IsHalf_WithinTheOptionsBounds) {
  EXPECT_EQ(default_memory_limit_bytes(1024 * kMiB), 512 * kMiB);
  EXPECT_EQ(default_memory_limit_bytes(20 * kMiB), 16 * kMiB);
  EXPECT_EQ(default_memory_limit_bytes(~0ull), 1ull << 44);
  EXPECT_EQ(default_memory_limit_bytes(std::nullopt), Options().memory_limit_bytes);
}

}  // namespace
}  // namespace entail::cli
