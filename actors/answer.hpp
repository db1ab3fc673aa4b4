#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "pipeline/result.hpp"

namespace td {

/// Whoever asked is answered exactly once: by the first call, or, when everybody who could have
/// answered is gone, with `stopping`. Copies are the same answer. The function is called on
/// whichever thread answers; it must not block and not throw.
template <class T>
class answer {
 public:
  using function = std::function<void(result<T>)>;

  explicit answer(function f) : state_{std::make_shared<state>(std::move(f))} {}

  void operator()(result<T> r) const { state_->give(std::move(r)); }

 private:
  struct state {
    explicit state(function f) : f_{std::move(f)} {}
    ~state() { give(failure{errc::stopping, "the service stops"}); }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    void give(result<T> r) {
      if (!given_.exchange(true)) f_(std::move(r));
    }

    std::atomic<bool> given_{};
    function f_;
  };
  std::shared_ptr<state> state_;
};

}  // namespace td
