// The tables of a store. Hashes are blobs of 32 bytes; what refers to an object inside the file
// uses its row's number.
#pragma once

namespace rosetta {

inline constexpr int kApplicationId = 0x52564d53;  // "RVMS", in the file's header
inline constexpr int kSchemaVersion = 1;

inline constexpr char kSchema[] = R"sql(
-- The objects of docs/identity.md. `component` is that of a member.
CREATE TABLE object(
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  bytes BLOB NOT NULL,
  component INTEGER
) STRICT;

-- Which function calls which, each pair once. It follows from the objects.
CREATE TABLE call(
  caller INTEGER NOT NULL,
  callee INTEGER NOT NULL,
  PRIMARY KEY(caller, callee)
) STRICT, WITHOUT ROWID;
CREATE INDEX call_by_callee ON call(callee, caller);

-- What a person wrote beside the code (store/binding.h), under its own digest.
CREATE TABLE binding(
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  record BLOB NOT NULL
) STRICT;

CREATE TABLE name(
  name TEXT PRIMARY KEY NOT NULL,
  object INTEGER NOT NULL,
  binding INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX name_by_object ON name(object);

-- Functions that are kept though no name reaches them.
CREATE TABLE pin(object INTEGER PRIMARY KEY) STRICT;

-- The history of names: a change moves names from one function to another, or to or from nothing.
-- Hashes, not rows, since gc may take the code.
CREATE TABLE change(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,   -- seconds since 1970
  what TEXT NOT NULL,      -- the command
  undoes INTEGER,          -- the change that this one takes back
  undone_by INTEGER
) STRICT;
CREATE TABLE move(
  change INTEGER NOT NULL,
  name TEXT NOT NULL,
  before BLOB,
  before_binding INTEGER,
  after BLOB,
  after_binding INTEGER,
  PRIMARY KEY(change, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX move_by_name ON move(name, change);
CREATE INDEX move_by_after ON move(after, change);
CREATE INDEX move_by_before_binding ON move(before_binding) WHERE before_binding IS NOT NULL;
CREATE INDEX move_by_after_binding ON move(after_binding) WHERE after_binding IS NOT NULL;

-- Answers that can be found out again.
CREATE TABLE cache(
  kind INTEGER NOT NULL,
  key BLOB NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY(kind, key)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace rosetta
