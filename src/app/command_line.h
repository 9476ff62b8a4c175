// The command line: which command, with which options.
#pragma once

namespace rosetta {

// Runs one command and gives the process's exit status.
int command_line(int argc, char** argv);

}  // namespace rosetta
