#include "standalone/demo_world.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace td {
namespace {

constexpr std::size_t fewest_open = 20;
constexpr std::size_t most_open = 80;
constexpr int one_broken_in = 50;

struct plan {
  std::string_view project;
  std::array<std::string_view, 4> components;
};
constexpr std::array<plan, 4> plans{
    {{"Harbour app", {"berth planner", "crane telemetry", "customs forms", "crew roster"}},
     {"Warehouse robots", {"route planner", "battery care", "pick stations", "safety zones"}},
     {"Customer portal", {"sign-in", "invoices", "support desk", "search"}},
     {"Grid metering", {"meter firmware", "readings import", "outage alerts", "tariffs"}}}};

const std::vector<std::string_view> people{"Amina", "Björn", "Chen", "Dolores",
                                           "Eero",  "Farah", "Gift", "Hana"};
const std::vector<std::string_view> actions{"Write tests for", "Measure",          "Replace",
                                            "Document",        "Review",           "Simplify",
                                            "Translate",       "Find the leak in", "Ship"};
const std::vector<std::string_view> things{
    "the retry path", "the cache",           "the login page",  "the importer",
    "error messages", "the settings screen", "the nightly job", "the 3 a.m. alarm"};
const std::vector<std::string_view> remarks{
    "Looks good to me",         "Can we do this without a new table?",
    "Waiting for the vendor",   "Works on my machine 🙂",
    "Moved to the next sprint", "Der Test schlägt nur nachts fehl"};
const std::vector<std::string_view> reasons{"waiting for hardware", "needs a decision",
                                            "blocked by another team", "flaky environment"};
const std::vector<std::string_view> tools{"demo/board", "demo/ci-runner", "demo/tablet-7",
                                          "demo/importer", "demo/chat-bot"};

}  // namespace

demo_world::demo_world(std::uint64_t seed) : random_{seed} {
  for (std::size_t p = 0; p < plans.size(); ++p) {
    projects_.push_back({new_id(), plans[p].project});
    for (const auto name : plans[p].components)
      components_.push_back({new_id(), p, name});
  }
}

demo_message demo_world::next(timestamp now) {
  const auto pick_task = [&]() -> task& { return tasks_[below(tasks_.size())]; };
  happening h;
  // What everything else refers to is never broken.
  const bool founding = founded_ < projects_.size() + components_.size();
  if (founding) {
    h = found();
  } else if (tasks_.size() < fewest_open || (tasks_.size() < most_open && chance(12))) {
    h = create_task();
  } else if (const auto done = std::find_if(
                 tasks_.begin(), tasks_.end(),
                 [](const task& t) { return t.status == "done" || t.status == "cancelled"; });
             done != tasks_.end() && chance(30)) {
    h = leave(static_cast<std::size_t>(done - tasks_.begin()));
  } else if (chance(20)) {
    h = comment(pick_task());
  } else if (chance(5)) {
    h = report_health();
  } else {
    h = move(pick_task());
  }
  if (!founding && below(one_broken_in) == 0) return break_somehow(h, now);
  const auto topic = fmt::format("tracker/events/{}/{}", h.family, h.verb);
  return {topic, chance(10) ? cloud_event(h, now) : native(h, now), false};
}

// -- what can happen ---

demo_world::happening demo_world::found() {
  const auto n = founded_++;
  if (n < projects_.size()) {
    return {"projects", "created", "project_created",
            fmt::format(R"({{"project_id":"{}","name":"{}"}})", to_string(projects_[n].id),
                        projects_[n].name)};
  }
  const auto& c = components_[n - projects_.size()];
  return {"components", "created", "component_created",
          fmt::format(R"({{"component_id":"{}","project_id":"{}","name":"{}"}})", to_string(c.id),
                      to_string(projects_[c.project].id), c.name)};
}

demo_world::happening demo_world::task_event(const task& t, std::string_view verb,
                                             std::string_view more) const {
  const auto& c = components_[t.component];
  return {
      "tasks", verb, fmt::format("task_{}", verb),
      fmt::format(
          R"({{"task_id":"{}","project_id":"{}","component_id":"{}","title":"{}","status":"{}","progress":{},"assignee":"{}"{}}})",
          to_string(t.id), to_string(projects_[c.project].id), to_string(c.id), t.title, t.status,
          t.progress, t.assignee, more)};
}

demo_world::happening demo_world::create_task() {
  tasks_.push_back({new_id(), below(components_.size()),
                    fmt::format("{} {}", any_of(actions), any_of(things)), any_of(people), "todo",
                    0, 0});
  return task_event(tasks_.back(), "created");
}

/// todo -> in_progress -> ... -> done, with blocks on the way and now and then a change of mind.
demo_world::happening demo_world::move(task& t) {
  if (t.status == "todo") {
    t.status = "in_progress";
    return task_event(t, "updated");
  }
  if (t.status == "blocked") {
    t.status = "in_progress";
    return task_event(t, "updated", R"(,"unblocked":true)");
  }
  if (t.status != "in_progress") return comment(t);
  if (chance(8)) {
    t.status = "blocked";
    return task_event(t, "updated", fmt::format(R"(,"reason":"{}")", any_of(reasons)));
  }
  if (chance(3)) {
    t.status = "cancelled";
    return task_event(t, "updated", R"(,"reason":"not needed any more")");
  }
  t.progress = std::min(100, t.progress + 10 * static_cast<int>(1 + below(4)));
  if (t.progress == 100) t.status = "done";
  return task_event(t, "updated");
}

demo_world::happening demo_world::comment(task& t) {
  ++t.comments;
  return task_event(t, "commented",
                    fmt::format(R"(,"comment":{{"number":{},"author":"{}","text":"{}"}})",
                                t.comments, any_of(people), any_of(remarks)));
}

demo_world::happening demo_world::report_health() {
  const auto& c = any_of(components_);
  return {
      "components", "updated", "component_updated",
      fmt::format(
          R"({{"component_id":"{}","project_id":"{}","name":"{}","coverage":{:.1f},"open_tasks":{}}})",
          to_string(c.id), to_string(projects_[c.project].id), c.name,
          60.0 + static_cast<double>(below(400)) / 10.0, tasks_.size())};
}

demo_world::happening demo_world::leave(std::size_t index) {
  const auto gone = tasks_[index];
  tasks_.erase(tasks_.begin() + static_cast<std::ptrdiff_t>(index));
  return task_event(gone, "archived");
}

// -- how it is said ---

std::string demo_world::native(const happening& h, timestamp now) {
  return fmt::format(
      R"({{"event_id":"{}","occurred_at":"{}","trace_id":"{}","kind":"{}","source":"{}","payload":{}}})",
      to_string(new_id()), to_rfc3339(now), to_string(new_id()), h.kind, any_of(tools), h.payload);
}

std::string demo_world::cloud_event(const happening& h, timestamp now) {
  return fmt::format(
      R"({{"specversion":"1.0","id":"{}","time":"{}","type":"{}","source":"/demo/gateway","datacontenttype":"application/json","data":{}}})",
      to_string(new_id()), to_rfc3339(now), h.kind, h.payload);
}

/// The mistakes that producers really make, in turn.
demo_message demo_world::break_somehow(const happening& h, timestamp now) {
  auto topic = fmt::format("tracker/events/{}/{}", h.family, h.verb);
  auto body = native(h, now);
  const auto replace = [&](std::string_view what, std::string_view with) {
    if (const auto at = body.find(what); at != body.npos) body.replace(at, what.size(), with);
  };
  const auto time = to_rfc3339(now);
  switch (fault_++ % 12) {
    case 0:  // a buffer that was too small
      body.resize(body.size() * 2 / 3);
      break;
    case 1:  // a clock that was never set
      replace(time, "1970-01-01T00:00:12Z");
      break;
    case 2:  // a clock in the wrong year
      replace(time, to_rfc3339(now + std::chrono::hours{24 * 366}));
      break;
    case 3:  // a date for people
      replace(time, "yesterday, 5 pm");
      break;
    case 4:  // Latin-1 where UTF-8 is meant
      replace("\"source\":\"demo/", "\"source\":\"caf\xe9/");
      break;
    case 5:  // a sensor that divided by nothing
      replace("\"payload\":{", "\"payload\":{\"load\":1e999,");
      break;
    case 6:  // a C string with its end
      replace("\"payload\":{", R"("payload":{"note":"abc\u0000",)");
      break;
    case 7:  // the same field twice
      replace("\"payload\":{", R"("payload":{"status":"todo","status":"done",)");
      break;
    case 8:  // an id of another system
      replace("\"event_id\":\"", "\"event_id\":\"TICKET-");
      break;
    case 9:  // a family that nobody has agreed on
      topic = "tracker/events/gadgets/" + std::string{h.verb};
      break;
    case 10:  // a field forgotten
      replace("\"kind\":", "\"Kind\":");
      break;
    default:  // a structure that contains itself, unrolled
      replace("\"payload\":{", fmt::format("\"payload\":{{\"tree\":{}{},", std::string(200, '['),
                                           std::string(200, ']')));
  }
  return {std::move(topic), std::move(body), true};
}

// -- dice ---

bool demo_world::chance(int percent) {
  return below(100) < static_cast<std::size_t>(percent);
}

std::size_t demo_world::below(std::size_t n) {
  return std::uniform_int_distribution<std::size_t>{0, n - 1}(random_);
}

/// A version 4 UUID from the seeded generator.
uuid demo_world::new_id() {
  uuid id;
  for (std::size_t half = 0; half < 2; ++half) {
    auto bits = random_();
    for (std::size_t i = 0; i < 8; ++i, bits >>= 8) {
      id.bytes[8 * half + i] = static_cast<std::uint8_t>(bits);
    }
  }
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x40);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

std::chrono::microseconds demo_pace::next() {
  if (burst_ > 0) {
    --burst_;
    return std::chrono::microseconds{0};
  }
  if (--until_burst_ <= 0) {
    burst_ = std::uniform_int_distribution<int>{40, 120}(random_);
    until_burst_ = std::uniform_int_distribution<int>{200, 500}(random_);
  }
  if (--until_change_ <= 0) {
    per_second_ = std::uniform_real_distribution<double>{5, 20}(random_);
    until_change_ = std::uniform_int_distribution<int>{50, 150}(random_);
  }
  // Around 1/rate, never so long that it looks stuck.
  const auto seconds = std::uniform_real_distribution<double>{0.5, 1.5}(random_) / per_second_;
  return std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::duration<double>{seconds});
}

}  // namespace td
