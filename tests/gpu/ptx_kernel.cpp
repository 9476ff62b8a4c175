#include "gpu/ptx_kernel.h"

#include <dlfcn.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>

#include "unit/files.h"

namespace rosetta::fake_cuda {
namespace {

using Launch = void(unsigned groups, unsigned group, const void* const* parameters);

std::mutex mutex;
std::map<std::string, Launch*> compiled;  // by the text; behind the mutex

bool compile(std::span<const std::string> texts) {
  const Folder folder;
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "\f") + text;
  const std::string from = folder.file("kernels.ptx", all);
  const std::string library = folder.path("kernels.so");
  const std::string command = "/usr/bin/python3 '" ROSETTAVM_PTX_TO_C "' < " + from +
                              " | " ROSETTAVM_CC " -O1 -x c -shared -fPIC -w -o " + library + " -";
  if (std::system(("bash -o pipefail -c \"" + command + "\"").c_str()) != 0) return false;
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    std::cerr << dlerror() << '\n';
    return false;
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    void* const launch = dlsym(handle, ("launch_" + std::to_string(i)).c_str());
    if (launch == nullptr) return false;
    compiled[texts[i]] = reinterpret_cast<Launch*>(launch);
  }
  return true;
}

}  // namespace

bool compile_all_ptx(std::span<const std::string> texts) {
  const std::lock_guard lock(mutex);
  return compile(texts);
}

Kernel compile_ptx(const std::string& ptx) {
  const std::lock_guard lock(mutex);
  if (!compiled.contains(ptx) && !compile({&ptx, 1})) return nullptr;
  return [launch = compiled.at(ptx)](KernelCall& call) {
    const void* const parameters[] = {&call.count,     &call.first,   &call.stride,   &call.picks,
                                      &call.arguments, &call.results, &call.statuses, &call.totals,
                                      &call.arena,     &call.cells,   &call.depth,    &call.fuel};
    launch(call.groups, call.group, parameters);
  };
}

}  // namespace rosetta::fake_cuda
