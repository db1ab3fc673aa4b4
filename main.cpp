#include "cli/cli.hpp"

int main(int argc, char** argv) {
  return td::run_cli(argc, argv);
}
