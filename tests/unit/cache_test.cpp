#include "engine/cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace rosetta {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

std::string code(std::uint32_t seed, std::size_t size = 64) {
  std::string made;
  for (std::size_t i = 0; i < size; ++i) made += static_cast<char>(seed + i);
  return made;
}

Hash key(std::uint32_t number) { return blake3(std::to_string(number)); }

class CacheTest : public testing::Test {
 protected:
  CacheTest() {
    std::string name = (fs::temp_directory_path() / "cache_test.XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    top = name;
    folder = top / "a" / "b";
  }
  ~CacheTest() override {
    std::error_code error;
    fs::permissions(top, fs::perms::owner_all, error);
    fs::remove_all(top, error);
  }

  [[nodiscard]] Cache cache(std::uint64_t most = Cache::kMostBytes) const {
    return Cache(folder, most);
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }
  // What find() says instead of bytes.
  [[nodiscard]] std::string why(std::uint32_t number) const {
    const Cache::Found found = cache().find(key(number));
    return found.bytes ? "found" : found.why;
  }
  void age(std::uint32_t number, std::chrono::seconds by) const {
    const fs::path path = cache().path(key(number));
    fs::last_write_time(path, fs::file_time_type::clock::now() - by);
  }

  fs::path top;
  fs::path folder;
};

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void write(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST_F(CacheTest, GivesBackWhatWasKept) {
  EXPECT_EQ(why(1), "not there");
  ASSERT_TRUE(cache().keep(key(1), code(1)));
  ASSERT_TRUE(cache().keep(key(2), code(2)));
  const Cache::Found found = cache().find(key(1));
  EXPECT_EQ(found.bytes, code(1));
  EXPECT_EQ(why(3), "not there");
  // Again, with something else.
  ASSERT_TRUE(cache().keep(key(1), code(7)));
  EXPECT_EQ(cache().find(key(1)).bytes, code(7));
  EXPECT_EQ(files(), 2U);
  struct stat about {};
  ASSERT_EQ(stat(cache().path(key(1)).c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 077U, 0U);
}

TEST_F(CacheTest, TakesNothingDamaged) {
  ASSERT_TRUE(cache().keep(key(1), code(1)));
  const fs::path path = cache().path(key(1));
  const std::string bytes = read(path);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int bit : {0, 7}) {
      std::string other = bytes;
      other[i] = static_cast<char>(other[i] ^ (1 << bit));
      write(path, other);
      EXPECT_EQ(why(1), "damaged") << i;
    }
    write(path, std::string_view(bytes).substr(0, i));
    EXPECT_EQ(why(1), "damaged") << i;
  }
  write(path, bytes + '\0');
  EXPECT_EQ(why(1), "damaged");
  write(path, bytes);
  EXPECT_EQ(why(1), "found");
  // It is replaced by the next that is kept.
  write(path, "");
  ASSERT_TRUE(cache().keep(key(1), code(1)));
  EXPECT_EQ(why(1), "found");
}

TEST_F(CacheTest, TakesNothingUnderAnotherKey) {
  ASSERT_TRUE(cache().keep(key(1), code(1)));
  fs::copy_file(cache().path(key(1)), cache().path(key(2)));
  EXPECT_EQ(why(2), "damaged");
}

TEST_F(CacheTest, TakesOnlyTheUsersOwnFiles) {
  ASSERT_TRUE(cache().keep(key(1), code(1)));
  const std::string path = cache().path(key(1));
  for (const mode_t mode : {0620U, 0602U, 0666U}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    EXPECT_EQ(why(1), "not this user's own file") << mode;
  }
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(why(1), "found");
  if (geteuid() == 0) {
    ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
    EXPECT_EQ(why(1), "not this user's own file");
    ASSERT_EQ(chown(path.c_str(), 0, 0), 0);
  } else {
    ASSERT_EQ(chmod(path.c_str(), 0), 0);
    EXPECT_EQ(why(1), "not read: Permission denied");
    ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  }
  fs::create_symlink(path, cache().path(key(2)));
  EXPECT_EQ(why(2).substr(0, 8), "not read");
  fs::create_directory(cache().path(key(3)));
  EXPECT_EQ(why(3), "not this user's own file");
  // Opening it must not wait for a writer.
  ASSERT_EQ(mkfifo(cache().path(key(4)).c_str(), 0600), 0);
  EXPECT_EQ(why(4), "not this user's own file");
  // What is in the way of a new one: a link is replaced, not followed.
  ASSERT_TRUE(cache().keep(key(2), code(2)));
  EXPECT_EQ(why(2), "found");
  EXPECT_EQ(cache().find(key(1)).bytes, code(1));
  EXPECT_FALSE(cache().keep(key(3), code(3)));
  EXPECT_EQ(files(), 4U);
}

TEST_F(CacheTest, SaysWhyBytesAreNotKept) {
  write(top / "file", "");
  const Cache in_a_file((top / "file").string());
  const auto kept = in_a_file.keep(key(1), code(1));
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().fault, Fault::Machine);
  EXPECT_NE(kept.error().message.find((top / "file").string()), std::string::npos);
  EXPECT_FALSE(Cache((top / "file" / "x").string()).keep(key(1), code(1)));
  EXPECT_FALSE(in_a_file.find(key(1)).bytes);
  if (geteuid() != 0) {
    fs::create_directories(folder);
    fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
    EXPECT_FALSE(cache().keep(key(1), code(1)));
    fs::permissions(folder, fs::perms::owner_all);
  }
}

TEST_F(CacheTest, IsBounded) {
  constexpr std::uint64_t kMost = 20'000;
  const Cache small = cache(kMost);
  EXPECT_FALSE(small.keep(key(1), code(1, kMost)));
  for (std::uint32_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(small.keep(key(i), code(i, 1'000 + i)));
    ASSERT_TRUE(small.find(key(i)).bytes) << i;
    std::uint64_t sum = 0;
    for (const auto& each : fs::directory_iterator(folder)) sum += each.file_size();
    EXPECT_LE(sum, kMost);
  }
  EXPECT_GE(files(), 8U);
  // Too large for this cache is as damaged, whoever wrote it.
  ASSERT_TRUE(cache().keep(key(1'000), code(1, kMost)));
  EXPECT_FALSE(small.find(key(1'000)).bytes);
}

TEST_F(CacheTest, WhatWasNotUsedForLongestGoesFirst) {
  for (std::uint32_t i = 0; i < 10; ++i) ASSERT_TRUE(cache().keep(key(i), code(i, 1'000)));
  for (std::uint32_t i = 0; i < 10; ++i) age(i, hours(100 - 10 * (i % 5) - (i < 5 ? 0 : 5)));
  // The order is now 0, 5, 1, 6, 2, 7, …; using one makes it young.
  EXPECT_EQ(why(0), "found");
  write(folder / "mine.txt", "of somebody else");
  ASSERT_TRUE(cache(10'000).keep(key(10), code(10, 1'000)));
  std::string left;
  for (std::uint32_t i = 0; i <= 10; ++i) left += why(i) == "found" ? '1' : '0';
  EXPECT_EQ(left, "10011000111");
  EXPECT_TRUE(fs::exists(folder / "mine.txt"));
}

TEST_F(CacheTest, WhatAKilledWriterLeftIsTakenAway) {
  ASSERT_TRUE(cache().keep(key(1), code(1)));
  write(folder / "new.abcdef", "x");
  write(folder / "new.ghijkl", "x");
  fs::last_write_time(folder / "new.abcdef", fs::file_time_type::clock::now() - hours(1));
  ASSERT_TRUE(cache().keep(key(2), code(2)));
  EXPECT_FALSE(fs::exists(folder / "new.abcdef"));
  EXPECT_TRUE(fs::exists(folder / "new.ghijkl"));
}

// Each reader sees nothing or all bytes, its own.
TEST_F(CacheTest, SeveralMayWriteAtOnce) {
  constexpr std::uint32_t kKeys = 5;
  std::atomic<int> found = 0;
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t thread = 0; thread < 6; ++thread) {
      threads.emplace_back([&, thread] {
        const Cache mine = thread % 2 == 0 ? cache() : cache(30'000);
        for (std::uint32_t round = 0; round < 150; ++round) {
          const std::uint32_t number = (round + thread) % kKeys;
          if (thread < 3) {
            EXPECT_TRUE(mine.keep(key(number), code(number, 4'000)));
            continue;
          }
          const Cache::Found there = mine.find(key(number));
          if (!there.bytes) {
            EXPECT_EQ(there.why, "not there");
            continue;
          }
          ++found;
          EXPECT_EQ(there.bytes, code(number, 4'000));
        }
      });
    }
  }
  EXPECT_GT(found.load(), 0);
  for (const auto& each : fs::directory_iterator(folder)) {
    EXPECT_EQ(each.path().extension(), ".code");
  }
}

}  // namespace
}  // namespace rosetta
