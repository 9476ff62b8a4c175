#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "app/command_line.h"

int main(int argc, char** argv) {
  // A file that is opened later is not to get a standard stream's number, where one is closed: what
  // is printed would be written into it. Nothing can be written to what stands there now.
  while (true) {
    const int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || descriptor > 2) {
      if (descriptor > 2) close(descriptor);
      break;
    }
  }
  // A file that may not grow is an error like a full disk, and no end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  return rosetta::command_line(argc, argv);
}
