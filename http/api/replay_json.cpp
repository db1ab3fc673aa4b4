#include "http/api/replay_json.hpp"

#include <boost/json.hpp>

#include "storage/replay_json.hpp"

namespace td {

boost::json::object replay_object(const replay_job& job) {
  boost::json::object o{{"id", job.id},
                        {"source", name_of(job.request.source)},
                        {"target", name_of(job.request.target)},
                        {"dry_run", job.request.dry_run},
                        {"state", name_of(job.state)},
                        {"passed", job.passed},
                        {"duplicate", job.duplicate},
                        {"refused", job.refused},
                        {"error", job.error},
                        {"created_at", to_rfc3339(job.created_at)},
                        {"created_by", job.created_by}};
  o["consumer"] = job.request.consumer.empty() ? boost::json::value{}
                                               : boost::json::value{job.request.consumer};
  o["filter"] = boost::json::parse(to_json(job.request.filter));
  o["reasons"] = boost::json::parse(to_json(job.reasons));
  if (job.request.rate > 0) o["rate"] = job.request.rate;
  if (job.total) o["total"] = *job.total;
  if (job.started_at) o["started_at"] = to_rfc3339(*job.started_at);
  if (job.finished_at) o["finished_at"] = to_rfc3339(*job.finished_at);
  return o;
}

std::string replay_json(const replay_job& job) {
  return boost::json::serialize(replay_object(job));
}

}  // namespace td
