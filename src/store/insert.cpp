#include "store/insert.h"

#include <algorithm>

#include "code/identity.h"

namespace rosetta {

Inserted insert(Store& store, std::span<const Function> functions) {
  Inserted inserted;
  inserted.hashes = identify(functions, [&](const Hash& hash, std::string_view bytes) {
    if (store.put(hash, bytes)) inserted.fresh.insert(hash);
  });
  std::unordered_set<Hash> done;
  std::unordered_set<Hash> fresh;
  std::vector<Hash> callees;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const Hash& hash = inserted.hashes[i];
    if (!inserted.fresh.contains(hash) || !done.insert(hash).second) continue;
    fresh.insert(hash);
    callees.clear();
    for (const std::uint32_t callee : functions[i].callees()) {
      callees.push_back(inserted.hashes[callee]);
    }
    std::ranges::sort(callees);
    const auto repeated = std::ranges::unique(callees);
    callees.erase(repeated.begin(), repeated.end());
    store.put_calls(hash, callees);
  }
  inserted.fresh = std::move(fresh);  // components are no functions
  return inserted;
}

}  // namespace rosetta
