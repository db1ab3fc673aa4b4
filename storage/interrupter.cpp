#include "storage/interrupter.hpp"

#include <cerrno>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace td {

interrupter::interrupter() : fd_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  if (fd_ < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
}

interrupter::~interrupter() {
  ::close(fd_);
}

void interrupter::interrupt() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(fd_, &one, sizeof one);  // full means already set
}

bool interrupter::interrupted() const noexcept {
  pollfd p{fd_, POLLIN, 0};
  return poll(&p, 1, 0) > 0;
}

}  // namespace td
