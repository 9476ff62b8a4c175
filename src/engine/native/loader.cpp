#include "engine/native/loader.h"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string_view>

#include "engine/llvm/plugin.h"
#include "engine/stamp.h"

namespace rosetta::native {
namespace {

// A library whose end is missing would not be refused: touching its pages would end the process.
// The table of sections is the last thing in a library's file.
bool is_cut_off(const std::string& path) {
  ElfW(Ehdr) head{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(&head), sizeof head)) return false;
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return !error && size < head.e_shoff + std::uint64_t{head.e_shnum} * head.e_shentsize;
}

}  // namespace

Result<const Compiler*> load_compiler(const std::string& path) {
  const auto wrong = [](std::string text) {
    return std::unexpected(Error{Fault::Machine, std::move(text)});
  };
  if (is_cut_off(path)) return wrong("the compiler cannot be loaded: " + path + " is cut off");
  void* const library = dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) {
    if (access(path.c_str(), F_OK) != 0) {
      return wrong("the compiler is not installed: there is no " + path);
    }
    return wrong(std::string("the compiler cannot be loaded: ") + dlerror());
  }
  using Entry = const llvm_engine::Plugin*();
  const auto entry = reinterpret_cast<Entry*>(dlsym(library, llvm_engine::kPluginSymbol));
  if (entry == nullptr || std::string_view(entry()->stamp) != kStamp) {
    return wrong("the compiler is of another build of rosettavm: " + path);
  }
  return &entry()->compiler();
}

}  // namespace rosetta::native
