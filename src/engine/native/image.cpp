#include "engine/native/image.h"

#include <cstring>
#include <type_traits>

namespace rosetta::native {
namespace {

static_assert(std::has_unique_object_representations_v<Image::Part>);

class Writer {
 public:
  void number(std::uint64_t value) { raw(&value, sizeof value); }
  template <class T>
  void all(const std::vector<T>& values) {
    number(values.size());
    raw(values.data(), values.size() * sizeof(T));
  }
  std::string bytes;

 private:
  void raw(const void* from, std::size_t size) {
    bytes.append(static_cast<const char*>(from), size);
  }
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t number() {
    std::uint64_t value = 0;
    raw(&value, sizeof value);
    return value;
  }
  template <class T>
  void all(std::vector<T>& values) {
    const std::uint64_t count = number();
    if (count > bytes_.size() / sizeof(T)) {
      fine_ = false;
      return;
    }
    values.resize(count);
    raw(values.data(), count * sizeof(T));
  }
  [[nodiscard]] bool done() const { return fine_ && bytes_.empty(); }

 private:
  void raw(void* to, std::size_t size) {
    fine_ = fine_ && size <= bytes_.size();
    if (!fine_ || size == 0) return;
    std::memcpy(to, bytes_.data(), size);
    bytes_.remove_prefix(size);
  }
  std::string_view bytes_;
  bool fine_ = true;
};

}  // namespace

std::string to_bytes(const Image& image) {
  Writer writer;
  writer.number(image.start);
  writer.number(image.stack_per_depth);
  writer.number(image.stack_once);
  writer.number(image.results);
  writer.all(image.parts);
  writer.all(image.text);
  writer.all(image.data);
  return std::move(writer.bytes);
}

std::optional<Image> image_from_bytes(std::string_view bytes) {
  Reader reader(bytes);
  Image image;
  const std::uint64_t start = reader.number();
  image.stack_per_depth = reader.number();
  image.stack_once = reader.number();
  image.results = reader.number();
  reader.all(image.parts);
  reader.all(image.text);
  reader.all(image.data);
  if (!reader.done() || start >= image.text.size()) return std::nullopt;
  image.start = static_cast<std::uint32_t>(start);
  return image;
}

}  // namespace rosetta::native
