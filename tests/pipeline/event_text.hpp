#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace td::test {

/// The text of an event whose members tests replace, add and take away.
class event_text {
 public:
  using members = std::vector<std::pair<std::string, std::string>>;

  static event_text native() {
    return event_text{{{"event_id", R"("0b8a7d9e-3c1f-4f6a-9d2e-5b7c8a9d0e1f")"},
                       {"occurred_at", R"("2026-11-20T11:59:00.123456Z")"},
                       {"trace_id", R"("4bf92f3577b34da6a3ce929d0e0e4736")"},
                       {"kind", R"("task_updated")"},
                       {"source", R"("tracker/device-1")"},
                       {"payload", R"({"task_id":"7","progress":50})"}}};
  }

  static event_text cloud() {
    return event_text{{{"specversion", R"("1.0")"},
                       {"id", R"("0b8a7d9e-3c1f-4f6a-9d2e-5b7c8a9d0e1f")"},
                       {"time", R"("2026-11-20T11:59:00.123456Z")"},
                       {"type", R"("com.example.task-updated")"},
                       {"source", R"("//shop/orders")"},
                       {"data", R"({"task_id":"7"})"}}};
  }

  /// Sets a member to a JSON text, in its place or at the end.
  event_text with(std::string_view name, std::string_view json) const {
    auto changed = *this;
    for (auto& [key, value] : changed.members_) {
      if (key == name) {
        value = json;
        return changed;
      }
    }
    changed.members_.emplace_back(name, json);
    return changed;
  }

  event_text without(std::string_view name) const {
    auto changed = *this;
    std::erase_if(changed.members_, [name](auto const& m) { return m.first == name; });
    return changed;
  }

  std::string text() const {
    std::string json;
    for (auto const& [key, value] : members_) {
      json += json.empty() ? "{" : ",";
      json += '"' + key + "\":" + value;
    }
    return json.empty() ? "{}" : json + "}";
  }

 private:
  explicit event_text(members m) : members_{std::move(m)} {}

  members members_;
};

}  // namespace td::test
