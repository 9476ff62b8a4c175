#include "gpu/opencl_program.h"

#include <optional>
#include <string_view>

namespace rosetta::gpu::opencl {
namespace {

constexpr char kOptions[] = "-cl-std=CL1.2";
constexpr std::string_view kContext = "RosettaVM 2026-11-24 OpenCL program";

Error machine(std::string message) { return {Fault::Machine, std::move(message)}; }

Hash key(const Target& target, const std::string& text) {
  Hasher hasher(kContext);
  for (const std::string_view part : {std::string_view(kOptions), std::string_view(target.name),
                                      std::string_view(target.versions), std::string_view(text)}) {
    const std::uint64_t size = part.size();
    hasher.update(std::as_bytes(std::span(&size, 1)));
    hasher.update(std::as_bytes(std::span(part)));
  }
  return hasher.digest();
}

class Compiler {
 public:
  Compiler(const Library& library, cl_context context, const Target& target)
      : library_(library), context_(context), target_(target) {}

  // Nothing where the driver does not take it for its own code.
  Handle<cl_program> from_binary(const std::string& binary) {
    const std::size_t size = binary.size();
    const auto* bytes = reinterpret_cast<const unsigned char*>(binary.data());
    cl_int binary_code = 0;
    cl_int code = 0;
    Handle<cl_program> program = own(library_.clCreateProgramWithBinary(
        context_, 1, &target_.id, &size, &bytes, &binary_code, &code));
    if (code != CL_SUCCESS || binary_code != CL_SUCCESS || build(program.get()) != CL_SUCCESS) {
      return own(nullptr);
    }
    return program;
  }

  Result<Handle<cl_program>> from_text(const std::string& text) {
    const char* begin = text.data();
    const std::size_t size = text.size();
    cl_int code = 0;
    Handle<cl_program> program =
        own(library_.clCreateProgramWithSource(context_, 1, &begin, &size, &code));
    if (code != CL_SUCCESS) {
      return std::unexpected(
          machine(failure("clCreateProgramWithSource", target_.name, code).message));
    }
    code = build(program.get());
    if (code != CL_SUCCESS) {
      return std::unexpected(machine(failure("clBuildProgram", target_.name, code).message + "\n" +
                                     log(program.get())));
    }
    return program;
  }

  std::optional<std::string> binary(cl_program program) {
    std::size_t size = 0;
    if (library_.clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, nullptr) !=
            CL_SUCCESS ||
        size == 0) {
      return std::nullopt;
    }
    std::string bytes(size, '\0');
    char* data = bytes.data();
    if (library_.clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof data, &data, nullptr) !=
        CL_SUCCESS) {
      return std::nullopt;
    }
    return bytes;
  }

 private:
  Handle<cl_program> own(cl_program program) { return {program, {library_.clReleaseProgram}}; }

  cl_int build(cl_program program) {
    return library_.clBuildProgram(program, 1, &target_.id, kOptions, nullptr, nullptr);
  }

  std::string log(cl_program program) {
    std::size_t size = 0;
    std::string text;
    if (library_.clGetProgramBuildInfo(program, target_.id, CL_PROGRAM_BUILD_LOG, 0, nullptr,
                                       &size) != CL_SUCCESS) {
      return text;
    }
    text.resize(size);
    if (library_.clGetProgramBuildInfo(program, target_.id, CL_PROGRAM_BUILD_LOG, size, text.data(),
                                       nullptr) != CL_SUCCESS) {
      return {};
    }
    constexpr std::size_t kMost = 4'000;
    text.resize(std::min(text.find('\0'), std::min(text.size(), kMost)));
    return text;
  }

  const Library& library_;
  cl_context context_;
  const Target& target_;
};

}  // namespace

Result<Compiled> compile(const Library& library, cl_context context, const Target& target,
                         const std::string& text, const Cache* cache) {
  Compiler compiler(library, context, target);
  std::string story = "no cache";
  std::optional<Hash> name;
  if (cache != nullptr) {
    name = key(target, text);
    const Cache::Found found = cache->find(*name);
    if (found.bytes) {
      if (Handle<cl_program> program = compiler.from_binary(*found.bytes)) {
        return Compiled{std::move(program), "cache hit"};
      }
    }
    story = "cache miss: " + (found.bytes ? "the driver does not take it" : found.why);
  }
  Result<Handle<cl_program>> program = compiler.from_text(text);
  if (!program) return std::unexpected(program.error());
  if (cache != nullptr) {
    const std::optional<std::string> binary = compiler.binary(program->get());
    const Result<void> kept =
        binary ? cache->keep(*name, *binary)
               : std::unexpected(machine("the driver does not give its code away"));
    story += kept ? "; kept now" : "; not kept: " + kept.error().message;
  }
  return Compiled{std::move(*program), std::move(story)};
}

}  // namespace rosetta::gpu::opencl
