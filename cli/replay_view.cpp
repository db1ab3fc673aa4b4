#include "cli/replay_view.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "storage/replay_json.hpp"

namespace td {

using namespace terminal;

namespace {

constexpr std::size_t bar_width = 30;

colour colour_of(replay_state s) {
  switch (s) {
    case replay_state::done:
      return colour::green;
    case replay_state::failed:
      return colour::red;
    case replay_state::running:
    case replay_state::waiting:
    case replay_state::paused:
      return colour::yellow;
    case replay_state::cancelled:
      break;
  }
  return colour::dim;
}

std::uint64_t per_cent(const replay_job& job) {
  if (job.state == replay_state::done) return 100;
  if (!job.total || *job.total == 0) return 0;
  return std::min<std::uint64_t>(99, job.settled() * 100 / *job.total);
}

/// "12 stored, 3 were there already, 1 refused", in the words of this job.
std::string result_of(const replay_job& job) {
  const bool to_pipeline = job.request.target == replay_target::pipeline;
  const auto* passed = job.request.dry_run ? "would pass" : to_pipeline ? "stored" : "ordered";
  const auto* duplicate = to_pipeline ? "stored already" : "ordered already";
  return fmt::format("{} {}, {} {}, {} refused", grouped(job.passed), passed,
                     grouped(job.duplicate), duplicate, grouped(job.refused));
}

}  // namespace

std::string describe(const replay_request& q) {
  auto text = fmt::format("{}{}", q.dry_run ? "dry run: " : "",
                          q.source == replay_source::mirror ? "stored events" : "dead letters");
  const auto& f = q.filter;
  std::vector<std::string> parts;
  if (f.from) parts.push_back("from " + to_rfc3339(*f.from));
  if (f.to) parts.push_back("to " + to_rfc3339(*f.to));
  if (!f.topic_prefix.empty()) parts.push_back("topic " + visible(f.topic_prefix) + "*");
  if (!f.kind.empty()) parts.push_back("kind " + visible(f.kind));
  if (!f.fingerprint.empty()) parts.push_back("fingerprint " + f.fingerprint);
  if (!f.ids.empty()) parts.push_back(counted(f.ids.size(), "id"));
  for (std::size_t i = 0; i < parts.size(); ++i)
    text += (i == 0 ? ", " : " and ") + parts[i];
  text += q.target == replay_target::pipeline ? ", to the pipeline"
                                              : ", to the consumer " + visible(q.consumer);
  if (q.rate > 0) text += fmt::format(", at most {}/s", q.rate);
  return text;
}

std::string render_replays(const output& to, const std::vector<replay_job>& jobs) {
  std::vector<row> rows{{{"JOB", colour::dim, true},
                         {"STATE", colour::dim},
                         {"DONE", colour::dim, true},
                         {"RESULT", colour::dim},
                         {"WHAT", colour::dim},
                         {"BY", colour::dim}}};
  for (const auto& j : jobs) {
    rows.push_back({{std::to_string(j.id), colour::none, true},
                    {std::string{name_of(j.state)}, colour_of(j.state)},
                    {fmt::format("{} %", per_cent(j)), colour::none, true},
                    {result_of(j)},
                    {describe(j.request)},
                    {visible(j.created_by)}});
  }
  return aligned(to, rows, "");
}

std::string replay_progress(const replay_job& job) {
  return fmt::format("replay {} {} {} {:>3} %  {}{}", job.id, name_of(job.state),
                     bar(per_cent(job), bar_width), per_cent(job), result_of(job),
                     job.total ? fmt::format(" of {}", grouped(*job.total)) : std::string{});
}

std::string render_replay(const output& to, const replay_job& job,
                          const std::vector<replay_event>& audit) {
  auto out = fmt::format("replay {}: {}\n", job.id,
                         paint(to, colour_of(job.state), std::string{name_of(job.state)}));
  out += fmt::format("  {}\n  {}{}\n", describe(job.request), result_of(job),
                     job.total ? fmt::format(", of {} that matched", grouped(*job.total)) : "");
  if (!job.error.empty()) out += "  " + paint(to, colour::red, visible(job.error)) + "\n";
  if (!job.reasons.empty()) {
    std::vector<row> rows{{{"REFUSED", colour::dim, true},
                           {"CODE", colour::dim},
                           {"AT", colour::dim},
                           {"SAMPLE", colour::dim},
                           {"", colour::dim}}};
    for (const auto& r : job.reasons) {
      rows.push_back({{grouped(r.count), colour::none, true},
                      {r.code},
                      {r.pointer.empty() ? "-" : visible(r.pointer)},
                      {r.sample.size() == 64 ? r.sample.substr(0, 12) : r.sample},
                      {visible(r.detail)}});
    }
    out += "\n" + aligned(to, rows);
  }
  if (!audit.empty()) {
    std::vector<row> rows;
    for (const auto& e : audit) {
      rows.push_back({{to_rfc3339(e.at), colour::dim},
                      {e.action},
                      {visible(e.actor)},
                      {visible(e.detail), colour::dim}});
    }
    out += "\n" + aligned(to, rows);
  }
  return out;
}

}  // namespace td
