#include "store/insert.h"

#include <algorithm>

#include "code/identity.h"
#include "code/object.h"

namespace rosetta {

Inserted insert(Store& store, std::span<const Function> functions) {
  Inserted inserted;
  inserted.hashes = identify(functions, [&](const Hash& hash, std::string_view bytes) {
    const bool fresh = store.put(hash, bytes);
    if (fresh && kind_of(bytes) != ObjectKind::Component) inserted.fresh.insert(hash);
  });
  std::unordered_set<Hash> done;
  std::vector<Hash> callees;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const Hash& hash = inserted.hashes[i];
    if (!done.insert(hash).second) continue;
    callees.clear();
    for (const std::uint32_t callee : functions[i].callees()) {
      callees.push_back(inserted.hashes[callee]);
    }
    std::ranges::sort(callees);
    const auto repeated = std::ranges::unique(callees);
    callees.erase(repeated.begin(), repeated.end());
    store.put_calls(hash, callees);
  }
  return inserted;
}

}  // namespace rosetta
