#include "identity/secret_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace td;
namespace fs = std::filesystem;

namespace {

struct folder {
  fs::path path;
  folder() {
    std::string name = (fs::temp_directory_path() / "td-secret-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~folder() { fs::remove_all(path); }

  fs::path file() const { return path / "identity"; }
  void write(const std::string& text, mode_t mode = 0600) const {
    std::ofstream{file()} << text;
    ::chmod(file().c_str(), mode);
  }
  errc refused() const {
    const auto r = load_secret(file());
    return r ? errc::internal : r.error().code;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator{path}, fs::directory_iterator{}));
  }
};

mode_t mode_of(const fs::path& file) {
  struct stat about {};
  BOOST_REQUIRE(::stat(file.c_str(), &about) == 0);
  return about.st_mode & 07777;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(secret_files, folder)

BOOST_AUTO_TEST_CASE(are_made_once_for_their_owner_alone_and_read_again) {
  BOOST_TEST((refused() == errc::not_found));
  const auto made = make_secret(file());
  BOOST_TEST_REQUIRE(!!made);
  BOOST_TEST(mode_of(file()) == 0600u);
  BOOST_TEST((load_secret(file())->bytes == made->bytes));
  BOOST_TEST((make_secret(file())->bytes == made->bytes));  // the one that is there
  BOOST_TEST(files() == 1u);
}

BOOST_AUTO_TEST_CASE(of_several_who_make_one_at_once_all_get_the_same) {
  std::vector<std::thread> threads;
  std::vector<crypto::key> got(8);
  for (auto& k : got)
    threads.emplace_back([this, &k] { k = make_secret(file())->bytes; });
  for (auto& t : threads)
    t.join();
  for (const auto& k : got)
    BOOST_TEST((k == got.front()));
  BOOST_TEST(files() == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_no_secret_is_refused) {
  const auto good = crypto::base64url(std::string(32, 'x'));
  write(good);
  BOOST_TEST((refused() == errc::internal));  // accepted
  write(good + "\n");
  BOOST_TEST((refused() == errc::internal));
  for (const auto& bad : {std::string{}, good.substr(1), good + "A", good + "\n\n", "\n" + good,
                          crypto::base64url(std::string(31, 'x')), std::string(43, '=')}) {
    write(bad);
    BOOST_TEST((refused() == errc::configuration_invalid), bad);
  }
}

BOOST_AUTO_TEST_CASE(one_that_everybody_may_read_is_refused) {
  write(crypto::base64url(std::string(32, 'x')), 0644);
  BOOST_TEST((refused() == errc::permission_denied));
  BOOST_TEST(load_secret(file()).error().detail.find("chmod 600") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_folder_or_a_place_that_is_not_there_is_a_failure) {
  fs::create_directory(file());
  BOOST_TEST((refused() == errc::configuration_invalid));
  const auto r = make_secret(path / "missing" / "identity");
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::configuration_invalid));
}

BOOST_AUTO_TEST_CASE(keys_for_different_uses_differ) {
  const auto s = *make_secret(file());
  const std::vector<crypto::key> all{s.signing_keys(), s.audit(),    s.csrf(), s.refresh(),
                                     s.totp(),         s.recovery(), s.bytes};
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      BOOST_TEST((all[i] != all[j]));
  }
}

BOOST_AUTO_TEST_CASE(private_files_are_replaced_whole) {
  const auto file = path / "head";
  BOOST_TEST(!!write_private(file, "one\n"));
  BOOST_TEST(!!write_private(file, "two\n"));
  std::string line;
  std::getline(std::ifstream{file} >> std::ws, line);
  BOOST_TEST(line == "two");
  BOOST_TEST(mode_of(file) == 0600u);
  BOOST_TEST(files() == 1u);
  BOOST_TEST(!write_private(path / "missing" / "head", "x"));
}

BOOST_AUTO_TEST_SUITE_END()
