// Names: aliases of functions, each with what its writer wrote, and the history of where they
// pointed. Failures wait in the database (store/store.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/binding.h"
#include "store/store.h"

namespace rosetta {

// The row of a binding record; 0 where there is none.
using BindingId = std::int64_t;

struct Name {
  std::string name;
  Hash hash;
  BindingId binding = 0;
};

std::optional<Name> find_name(Store& store, std::string_view name);
// Names that a misspelt one may have stood for: up to 4,096 that begin as it does, or else any.
std::vector<std::string> names_like(Store& store, std::string_view name);
// What a name meant before it came to mean this, if anything else.
std::optional<Hash> moved_from(Store& store, std::string_view name, const Hash& hash);
std::vector<Name> all_names(Store& store);                   // in their own order
std::vector<Name> names_of(Store& store, const Hash& hash);  // in their own order

// How a function was written last: under the first of its names, or, where it has none any more,
// when it was last given one; 0 where the store does not know.
BindingId last_binding(Store& store, const Hash& hash);
// What was written of a function that is meant by `name`, if by any.
BindingId binding_of(Store& store, const Hash& hash, const std::optional<Name>& name);

BindingId put_binding(Store& store, const Binding& binding);
// Verified by its digest: an error is a damaged record, and nothing more than that.
Result<std::optional<Binding>> get_binding(Store& store, BindingId id);

// Where a name pointed before a change and behind it.
struct Move {
  std::string name;
  std::optional<Hash> before{};
  BindingId before_binding = 0;
  std::optional<Hash> after{};
  BindingId after_binding = 0;
};

struct HistoryEntry {
  std::int64_t id = 0;
  std::int64_t time = 0;  // seconds since 1970
  std::string what;       // the command
  std::int64_t undoes = 0;
  std::int64_t undone_by = 0;
  std::vector<Move> moves;
};

// A new entry of the history, without moves yet: its number.
std::int64_t begin_change(Store& store, const std::string& what, std::int64_t time,
                          std::int64_t undoes = 0);
// Moves names, as part of a change. A name's `before` is what the store has, whatever the move
// says.
void move_names(Store& store, std::int64_t change, std::vector<Move> moves);

// Newest first; of one name, or of all.
std::vector<HistoryEntry> history(Store& store, std::optional<std::string_view> name,
                                  std::int64_t most);

// Takes back a change: the one with this number, or the newest that stands. The error is the user's
// where there is none, or where a name points elsewhere by now, or its code is gone.
Result<HistoryEntry> undo(Store& store, std::optional<std::int64_t> id, std::int64_t time);

}  // namespace rosetta
