#include <memory>

#include <fmt/format.h>

#include "bench/bench_options.hpp"
#include "bench/commands.hpp"
#include "bench/pipeline/setup_options.hpp"
#include "bench/stages/stages_report.hpp"

namespace td::bench {

void add_stages_command(CLI::App& app, int& status) {
  struct arguments {
    std::filesystem::path ours{};
    std::filesystem::path ajv{};
    std::filesystem::path output{};
  };
  auto a = std::make_shared<arguments>();
  auto* c = app.add_subcommand(
      "stages",
      "The table of validation's stages, from measurements (./dev bench stages makes them)");
  c->add_option("ours", a->ours, "bench_stages' JSON")->required()->check(CLI::ExistingFile);
  c->add_option("ajv", a->ajv, "ajv_stage.mjs' JSON")->required()->check(CLI::ExistingFile);
  add_output(*c, a->output, "stages");
  c->callback([a, &status] {
    const auto done = read_stages(a->ours, a->ajv);
    if (!done) {
      status = bench_failed(to_string(done.error()));
      return;
    }
    fmt::print("{}", to_text(*done));
    status = save_results("stages", a->output, to_json(*done), to_page(*done));
  });
}

}  // namespace td::bench
