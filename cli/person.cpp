#include "cli/person.hpp"

#include <cstdlib>
#include <unistd.h>

#include "pipeline/text.hpp"
#include "standalone/os_user.hpp"

namespace td {
namespace {

constexpr std::size_t max_name_bytes = 100;

std::string user_name() {
  // Anybody may set SUDO_USER; only behind sudo does it name the one who acts.
  const char* behind_sudo = ::geteuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
  if (behind_sudo != nullptr && *behind_sudo != '\0') return behind_sudo;
  return current_user().name;
}

std::string host_name() {
  char name[256]{};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

}  // namespace

std::string acting_person() {
  return printable(user_name(), max_name_bytes) + "@" + printable(host_name(), max_name_bytes);
}

}  // namespace td
