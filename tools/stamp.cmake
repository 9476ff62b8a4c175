cmake_minimum_required(VERSION 3.25)
# Writes OUT, a header with a digest of FILES and of how they are BUILD, where it is not so already.
set(all "${BUILD}")
foreach(file IN LISTS FILES)
  file(SHA256 ${file} digest)
  string(APPEND all "${digest}")
endforeach()
string(SHA256 stamp "${all}")
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT "// Which build of register code and engines this is.
#pragma once

namespace rosetta {

inline constexpr char kStamp[] = \"${stamp}\";

}  // namespace rosetta
")
