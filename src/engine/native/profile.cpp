// GDB's interface is a list of ELF files in memory that it reads at a breakpoint of its own. The
// formats of perf are in the Linux sources: tools/perf/Documentation/jitdump-specification.txt, and
// a map is a line START SIZE NAME for each function.
#include "engine/native/profile.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <ctime>
#include <list>
#include <span>

#include <fmt/format.h>

extern "C" {

struct jit_code_entry {
  jit_code_entry* next_entry;
  jit_code_entry* prev_entry;
  const char* symfile_addr;
  std::uint64_t symfile_size;
};

struct jit_descriptor {
  std::uint32_t version;
  std::uint32_t action_flag;
  jit_code_entry* relevant_entry;
  jit_code_entry* first_entry;
};

// GDB finds these by their names and stops in the function.
__attribute__((noinline, used)) void __jit_debug_register_code() { asm volatile("" ::: "memory"); }
__attribute__((used)) jit_descriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};
}

namespace rosetta::native {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kMachine = EM_AARCH64;
#endif

// Writes into the object where its sections lie in this process.
void place_sections(std::vector<std::byte>& object, const Image& image, const std::byte* base) {
  Elf64_Ehdr head;
  if (object.size() < sizeof head) return;
  std::memcpy(&head, object.data(), sizeof head);
  const auto section = [&](std::size_t index) {
    return object.data() + head.e_shoff + index * sizeof(Elf64_Shdr);
  };
  Elf64_Shdr names;
  std::memcpy(&names, section(head.e_shstrndx), sizeof names);
  for (std::size_t i = 0; i < head.e_shnum; ++i) {
    Elf64_Shdr mine;
    std::memcpy(&mine, section(i), sizeof mine);
    const auto* const name =
        reinterpret_cast<const char*>(object.data() + names.sh_offset + mine.sh_name);
    for (const Image::Section& placed : image.sections) {
      if (placed.name != name) continue;
      mine.sh_addr = reinterpret_cast<std::uint64_t>(base + placed.offset);
      std::memcpy(section(i), &mine, sizeof mine);
    }
  }
}

// What GDB's list names stays to the end of the process.
void tell_debugger(const Image& image, const std::byte* base) {
  struct Told {
    std::vector<std::byte> object;
    jit_code_entry entry;
  };
  static auto* const all = new std::list<Told>;
  Told& told = all->emplace_back(Told{image.object, {}});
  place_sections(told.object, image, base);
  told.entry = {__jit_debug_descriptor.first_entry, nullptr,
                reinterpret_cast<const char*>(told.object.data()), told.object.size()};
  if (told.entry.next_entry != nullptr) told.entry.next_entry->prev_entry = &told.entry;
  __jit_debug_descriptor.first_entry = &told.entry;
  __jit_debug_descriptor.relevant_entry = &told.entry;
  __jit_debug_descriptor.action_flag = 1;  // registered
  __jit_debug_register_code();
}

// A file that is not there yet, since others may write in the folder; one that an older process of
// this number left is removed.
int create(const std::string& path) {
  unlink(path.c_str());
  return open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
}

void write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(file, bytes.data(), bytes.size());
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::uint64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

class Record {
 public:
  explicit Record(std::uint32_t kind) {
    number(kind);
    number(std::uint32_t{0});  // its size, at the end
    number(now());
  }
  template <class T>
  void number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view value) {
    bytes_ += value;
    bytes_ += '\0';
  }
  void raw(std::span<const std::byte> value) {
    bytes_.append(reinterpret_cast<const char*>(value.data()), value.size());
  }
  const std::string& done() {
    const auto size = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data() + sizeof(std::uint32_t), &size, sizeof size);
    return bytes_;
  }

 private:
  std::string bytes_;
};

void write_dump(const Image& image, const std::byte* base, const std::vector<std::string>& names,
                const std::string& source, const std::string& path) {
  constexpr std::uint32_t kCode = 0;
  constexpr std::uint32_t kLines = 2;
  const int file = create(path);
  if (file < 0) return;
  std::string head;
  const auto number = [&head](auto value) {
    head.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  number(std::uint32_t{0x4A695444});
  number(std::uint32_t{1});
  number(std::uint32_t{40});
  number(kMachine);
  number(std::uint32_t{0});
  number(static_cast<std::uint32_t>(getpid()));
  number(now());
  number(std::uint64_t{0});
  write_all(file, head);
  // That perf may know of the file, it is mapped as code, once.
  mmap(nullptr, Image::kPage, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  std::uint64_t index = 0;
  for (const Image::Part& part : image.parts) {
    const auto address = reinterpret_cast<std::uint64_t>(base + part.offset);
    std::vector<Image::Line> lines;
    for (const Image::Line& line : image.lines) {
      if (line.offset >= part.offset && line.offset < part.offset + part.size) {
        lines.push_back(line);
      }
    }
    Record debug(kLines);
    debug.number(address);
    debug.number(std::uint64_t{lines.size()});
    for (const Image::Line& line : lines) {
      debug.number(reinterpret_cast<std::uint64_t>(base + line.offset));
      debug.number(line.line);
      debug.number(std::uint32_t{0});
      debug.text(source);
    }
    if (!lines.empty()) write_all(file, debug.done());
    Record code(kCode);
    code.number(static_cast<std::uint32_t>(getpid()));
    code.number(static_cast<std::uint32_t>(gettid()));
    code.number(address);
    code.number(address);
    code.number(std::uint64_t{part.size});
    code.number(index++);
    code.text(names[part.function]);
    code.raw(std::span(image.text).subspan(part.offset, part.size));
    write_all(file, code.done());
  }
  close(file);
}

void write_map(const Image& image, const std::byte* base, const std::vector<std::string>& names,
               const std::string& path) {
  const int file = create(path);
  if (file < 0) return;
  std::string text;
  for (const Image::Part& part : image.parts) {
    text += fmt::format("{:x} {:x} {}\n", reinterpret_cast<std::uint64_t>(base + part.offset),
                        part.size, names[part.function]);
  }
  write_all(file, text);
  close(file);
}

}  // namespace

void announce(const Image& image, const Mapping& code, const std::vector<std::string>& names,
              const std::string& file, const std::string& folder) {
  tell_debugger(image, code.begin());
  write_dump(image, code.begin(), names, file, fmt::format("{}/jit-{}.dump", folder, getpid()));
  write_map(image, code.begin(), names, fmt::format("{}/perf-{}.map", folder, getpid()));
}

}  // namespace rosetta::native
