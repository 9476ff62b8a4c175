#include "app/command_line.h"

int main(int argc, char** argv) { return rosetta::command_line(argc, argv); }
