// The digest stands in a note of the program's file, which is mapped with it.
#include "app/build_id.h"

#include <elf.h>
#include <link.h>

#include <cstring>
#include <string_view>

namespace rosetta {
namespace {

constexpr std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

// Called for the program first, then for each library.
int find(dl_phdr_info* object, std::size_t, void* found) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = object->dlpi_phdr[i];
    if (header.p_type != PT_NOTE) continue;
    std::string_view notes(reinterpret_cast<const char*>(object->dlpi_addr + header.p_vaddr),
                           header.p_memsz);
    while (notes.size() >= sizeof(ElfW(Nhdr))) {
      ElfW(Nhdr) note;
      std::memcpy(&note, notes.data(), sizeof note);
      const std::size_t begin = sizeof note + aligned(note.n_namesz);
      const std::size_t end = begin + aligned(note.n_descsz);
      if (end > notes.size()) break;
      if (note.n_type == NT_GNU_BUILD_ID) {
        static_cast<std::string*>(found)->assign(notes.substr(begin, note.n_descsz));
        return 1;
      }
      notes.remove_prefix(end);
    }
  }
  return 1;
}

}  // namespace

std::string build_id() {
  std::string id;
  dl_iterate_phdr(find, &id);
  return id;
}

}  // namespace rosetta
