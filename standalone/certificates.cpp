#include "standalone/certificates.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <memory>
#include <netinet/in.h>
#include <utility>

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace td {
namespace {

using std::chrono::hours;
using time_point = std::chrono::system_clock::time_point;

constexpr auto authority_life = hours{24 * 3650};
constexpr auto certificate_life = hours{24 * 397};
constexpr auto clocks_differ = hours{24};

template <auto Free>
struct freer {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freer<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freer<X509_free>>;
using bio_ptr = std::unique_ptr<BIO, freer<BIO_free_all>>;
using number_ptr = std::unique_ptr<BIGNUM, freer<BN_free>>;

struct parsed_identity {
  certificate_ptr certificate;
  key_ptr key;

  explicit operator bool() const { return certificate && key; }
};

bio_ptr reader(const std::string& pem) {
  return bio_ptr{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
}

parsed_identity parse(const pem_identity& identity) {
  return {certificate_ptr{
              PEM_read_bio_X509(reader(identity.certificate).get(), nullptr, nullptr, nullptr)},
          key_ptr{PEM_read_bio_PrivateKey(reader(identity.key).get(), nullptr, nullptr, nullptr)}};
}

std::string written(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

pem_identity to_pem(const parsed_identity& identity) {
  const bio_ptr certificate{BIO_new(BIO_s_mem())};
  const bio_ptr key{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(certificate.get(), identity.certificate.get());
  PEM_write_bio_PrivateKey(key.get(), identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {written(certificate.get()), written(key.get())};
}

bool is_address(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", is_address(name) ? "IP" : "DNS", name);
  }
  return text;
}

bool set_serial(X509* certificate) {
  // Positive, at most 20 octets, at least 64 random bits (RFC 5280, 4.1.2.2).
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3f) | 0x40);
  const number_ptr number{BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name(X509* certificate, const std::string& common_name) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                                    -1, 0) == 1;
}

bool set_life(X509* certificate, time_point now, hours life) {
  const auto from = std::chrono::system_clock::to_time_t(now - clocks_differ);
  const auto until = std::chrono::system_clock::to_time_t(now + life);
  return ASN1_TIME_set(X509_getm_notBefore(certificate), from) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), until) != nullptr;
}

bool extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

struct terms {
  std::string common_name;
  hours life;
  std::vector<std::pair<int, std::string>> extensions;
};

/// A certificate for a new key, signed by `issuer`, or by itself when there is none.
result<pem_identity> issue(const terms& t, const parsed_identity* issuer, time_point now) {
  const parsed_identity made{certificate_ptr{X509_new()}, key_ptr{EVP_EC_gen("P-256")}};
  const auto& signer = issuer != nullptr ? *issuer : made;
  auto* certificate = made.certificate.get();
  bool fine =
      made && X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
      set_name(certificate, t.common_name) && set_life(certificate, now, t.life) &&
      X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate.get())) == 1 &&
      X509_set_pubkey(certificate, made.key.get()) == 1;
  for (const auto& [nid, value] : t.extensions) {
    fine = fine && extend(certificate, signer.certificate.get(), nid, value);
  }
  if (fine && X509_sign(certificate, signer.key.get(), EVP_sha256()) > 0) return to_pem(made);
  return failure{errc::internal, "OpenSSL cannot make a certificate", {}};
}

bool covers(X509* certificate, const std::string& name) {
  if (is_address(name)) return X509_check_ip_asc(certificate, name.c_str(), 0) == 1;
  return X509_check_host(certificate, name.data(), name.size(), 0, nullptr) == 1;
}

}  // namespace

result<pem_identity> make_authority(const std::string& common_name, time_point now) {
  return issue({common_name,
                authority_life,
                {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                 {NID_key_usage, "critical,keyCertSign,cRLSign"},
                 {NID_subject_key_identifier, "hash"}}},
               nullptr, now);
}

result<pem_identity> make_server_certificate(const pem_identity& authority,
                                             const std::vector<std::string>& names,
                                             time_point now) {
  const auto issuer = parse(authority);
  if (!issuer || names.empty()) {
    return failure{
        errc::configuration_invalid, "the authority's certificate or key is damaged", {}};
  }
  return issue({"TaylorDash broker",
                certificate_life,
                {{NID_basic_constraints, "critical,CA:FALSE"},
                 {NID_key_usage, "critical,digitalSignature"},
                 {NID_ext_key_usage, "serverAuth"},
                 {NID_subject_key_identifier, "hash"},
                 {NID_authority_key_identifier, "keyid:always"},
                 {NID_subject_alt_name, alternative_names(names)}}},
               &issuer, now);
}

bool is_complete(const pem_identity& identity) {
  const auto parsed = parse(identity);
  return parsed && X509_check_private_key(parsed.certificate.get(), parsed.key.get()) == 1;
}

bool is_good_for(const pem_identity& server, const pem_identity& authority,
                 const std::vector<std::string>& names, time_point then) {
  const auto parsed = parse(server);
  const auto issuer = parse(authority);
  if (!is_complete(server) || !issuer) return false;
  auto* certificate = parsed.certificate.get();
  auto when = std::chrono::system_clock::to_time_t(then);
  return X509_verify(certificate, X509_get0_pubkey(issuer.certificate.get())) == 1 &&
         X509_cmp_time(X509_get0_notAfter(certificate), &when) > 0 &&
         std::all_of(names.begin(), names.end(),
                     [&](const auto& name) { return covers(certificate, name); });
}

}  // namespace td
