#pragma once

namespace td {

/// Ends, from another thread, the waits of every store and session that was opened with it: a call
/// in progress fails with `stopping` and closes its connection, as does each later attempt to
/// connect. For the way out; there is no way back.
class interrupter {
 public:
  interrupter();
  ~interrupter();
  interrupter(const interrupter&) = delete;
  interrupter& operator=(const interrupter&) = delete;

  void interrupt() noexcept;  ///< any thread
  bool interrupted() const noexcept;
  int fd() const noexcept { return fd_; }  ///< readable once interrupted

 private:
  int fd_;
};

}  // namespace td
