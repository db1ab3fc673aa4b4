#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

namespace td {

/// One message as a producer would publish it. `broken`: it is to be dead-lettered.
struct demo_message {
  std::string topic;
  std::string body;
  bool broken{};
};

/// A small company at work: projects with components and tasks that are created, begun, commented,
/// blocked, finished or given up, reported by a handful of tools, one of which speaks CloudEvents.
/// About one message in fifty is broken, each in another way. Plain logic, no clock of its own: the
/// same seed and times give the same messages. One thread.
class demo_world {
 public:
  explicit demo_world(std::uint64_t seed);

  /// The next thing that happens, at `now`. First the projects and components come into being; from
  /// then on between 20 and 80 tasks are open at any time.
  demo_message next(timestamp now);

 private:
  struct component {
    uuid id;
    std::size_t project;
    std::string_view name;
  };
  struct project {
    uuid id;
    std::string_view name;
  };
  struct task {
    uuid id;
    std::size_t component;
    std::string title;
    std::string_view assignee;
    std::string_view status;
    int progress;
    int comments;
  };
  /// What one event says, before it is put into an envelope.
  struct happening {
    std::string_view family;
    std::string_view verb;
    std::string kind;
    std::string payload;
  };

  happening found();
  happening create_task();
  happening move(task& t);
  happening comment(task& t);
  happening report_health();
  happening leave(std::size_t index);
  happening task_event(const task& t, std::string_view verb, std::string_view more = {}) const;

  std::string native(const happening& h, timestamp now);
  std::string cloud_event(const happening& h, timestamp now);
  demo_message break_somehow(const happening& h, timestamp now);

  bool chance(int percent);
  std::size_t below(std::size_t n);
  uuid new_id();
  template <class T>
  const T& any_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

  std::mt19937_64 random_;
  std::size_t founded_{};  // projects and components that exist
  std::size_t fault_{};    // next way to break a message
  std::vector<project> projects_;
  std::vector<component> components_;
  std::vector<task> tasks_;
};

/// When things happen: 5 to 20 a second, now slower, now faster, with a burst of 40 to 120 at once
/// every half minute or so. Seeded. One thread.
class demo_pace {
 public:
  explicit demo_pace(std::uint64_t seed) : random_{seed} {}

  /// The time until the next one.
  std::chrono::microseconds next();

 private:
  std::mt19937_64 random_;
  double per_second_{10};
  int until_change_{};
  int until_burst_{150};
  int burst_{};
};

}  // namespace td
