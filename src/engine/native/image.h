// Compiled code on its way between the compiler, the disk and memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rosetta::native {

// A piece of position-independent machine code without references to outside.
struct Image {
  std::vector<std::byte> text;
  std::vector<std::byte> data;  // read-only; at the next multiple of kPage behind the text
  std::uint32_t start = 0;      // in the text: what Start::Kind says
  // Bytes of machine stack: of a frame, for each unit of its weight in the call depth, at most;
  // and of all those together of which there is one at most.
  std::uint64_t stack_per_depth = 0;
  std::uint64_t stack_once = 0;
  std::uint64_t results = 0;  // cells that Context::results has to have
  // Which function of the program code belongs to; ordered.
  struct Part {
    std::uint32_t offset;
    std::uint32_t size;
    std::uint32_t function;
  };
  std::vector<Part> parts;

  // With lines: an ELF object for debuggers, where its sections lie in the image, and the lines
  // that the text's code begins.
  std::vector<std::byte> object;
  struct Section {
    std::string name;
    std::uint64_t offset;
  };
  std::vector<Section> sections;
  struct Line {
    std::uint32_t offset;
    std::uint32_t line;
  };
  std::vector<Line> lines;

  static constexpr std::size_t kPage = 4096;
};

// An image as a string of bytes for this machine, and back; nothing where they are of no image.
// What is for debuggers is left out.
std::string to_bytes(const Image& image);
std::optional<Image> image_from_bytes(std::string_view bytes);

}  // namespace rosetta::native
