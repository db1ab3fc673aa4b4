#pragma once

// The one header that knows how CAF 0.17 spells things; actors say `handle`, `spawn`, `ask`.

#include <chrono>
#include <exception>
#include <optional>
#include <pthread.h>
#include <type_traits>
#include <utility>

#include <caf/all.hpp>

#include "pipeline/log.hpp"

namespace td {

template <class>
struct sig;
template <class R, class... A>
struct sig<R(A...)> {
  using type = typename caf::replies_to<A...>::template with<R>;
};
template <class... A>
struct sig<void(A...)> {
  using type = caf::reacts_to<A...>;
};

/// A typed actor: `handle<outcome(burst), void(tick)>` answers a burst with an outcome.
template <class... S>
using handle = caf::typed_actor<typename sig<S>::type...>;

/// Keeps an actor's state behind a real constructor. CAF under C++20 would otherwise initialise an
/// aggregate's first member from the actor pointer, without a word.
template <class State>
struct holder {
  holder() {}
  std::optional<State> state;
  static inline const char* name = State::name;
};

/// The `self` pointer of an actor whose state class is `State`.
template <class State>
using self_of = typename State::interface::template stateful_pointer<holder<State>>;

/// Spawns `State`, a class with `using interface`, `static constexpr const char* name`, a
/// constructor `(self_of<State>, args...)` and `make_behavior()`. A throw from the constructor or a
/// handler ends the actor; whoever monitors it is told, whoever waits for its reply gets an error.
template <class State, caf::spawn_options Options = caf::no_spawn_options, class... Args>
typename State::interface spawn(caf::actor_system& system, Args... args) {
  return system.spawn<Options>(
      [](self_of<State> self, Args... xs) -> typename State::interface::behavior_type {
        // For top -H, profilers and debuggers: a detached actor is a thread.
        if constexpr (caf::has_detach_flag(Options))
          pthread_setname_np(pthread_self(), State::name);
        self->set_default_handler(caf::drop);
        self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error {
          try {
            std::rethrow_exception(thrown);
          } catch (const std::exception& e) {
            log_error("actor failed", {kv("actor", State::name), kv("error", e.what())});
          } catch (...) {
            log_error("actor failed", {kv("actor", State::name), kv("error", "not an exception")});
          }
          return caf::sec::runtime_error;
        });
        self->state.state.emplace(self, std::move(xs)...);
        return self->state.state->make_behavior();
      },
      std::move(args)...);
}

/// A request with a finite time-out; go on with `.then(reply, error)`, never `await`.
template <class Self, class Target, class Message>
auto ask(Self self, const Target& target, std::chrono::milliseconds timeout, Message message) {
  return self->request(target, timeout, std::move(message));
}

/// Sends a message to oneself, now or later. Timers can't be cancelled: let the message carry a
/// number and drop old ones.
template <class Self, class Message>
void tell_self(Self self, std::chrono::milliseconds after, Message message) {
  if (after.count() <= 0) {
    self->send(self, std::move(message));
  } else {
    self->delayed_send(self, after, std::move(message));
  }
}

}  // namespace td
