#include "tests/support/certificates.hpp"

#include <cstdio>
#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace td::test {

namespace {

using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using certificate_ptr = std::unique_ptr<X509, decltype(&X509_free)>;
using file_ptr = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

struct identity {
  key_ptr key;
  certificate_ptr certificate;
};

void need(bool worked, const char* what) {
  if (!worked) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  need(extension != nullptr, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// Signed by `issuer`; by itself where there is none, and then a CA.
identity make(const std::string& name, const std::string& alternative, const identity* issuer) {
  static long serial = 1;
  identity made{{EVP_EC_gen("P-256"), &EVP_PKEY_free}, {X509_new(), &X509_free}};
  need(made.key != nullptr && made.certificate != nullptr, "key");
  X509* c = made.certificate.get();
  X509_set_version(c, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(c), serial++);
  X509_gmtime_adj(X509_getm_notBefore(c), -3600);
  X509_gmtime_adj(X509_getm_notAfter(c), 24 * 3600);
  X509_set_pubkey(c, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* signer = issuer != nullptr ? issuer->certificate.get() : c;
  X509_set_issuer_name(c, X509_get_subject_name(signer));
  extend(c, signer, NID_basic_constraints, issuer != nullptr ? "CA:FALSE" : "critical,CA:TRUE");
  if (!alternative.empty()) extend(c, signer, NID_subject_alt_name, alternative);
  const EVP_PKEY* key = issuer != nullptr ? issuer->key.get() : made.key.get();
  need(X509_sign(c, const_cast<EVP_PKEY*>(key), EVP_sha256()) > 0, "sign");
  return made;
}

void save(const temp_dir& dir, const std::string& name, const identity& who) {
  const file_ptr pem(std::fopen(dir.write(name + ".pem", "").c_str(), "w"), &std::fclose);
  const file_ptr key(std::fopen(dir.write(name + ".key", "").c_str(), "w"), &std::fclose);
  need(pem != nullptr && PEM_write_X509(pem.get(), who.certificate.get()) == 1, "certificate");
  need(key != nullptr && PEM_write_PrivateKey(key.get(), who.key.get(), nullptr, nullptr, 0,
                                              nullptr, nullptr) == 1,
       "private key");
}

}  // namespace

certificates::certificates(const std::string& server_name) {
  const identity ca = make("taylordash test CA", "", nullptr);
  const std::string names =
      server_name == "localhost" ? "DNS:localhost,IP:127.0.0.1" : "DNS:" + server_name;
  save(dir_, "ca", ca);
  save(dir_, "server", make(server_name, names, &ca));
  save(dir_, "client", make("lane", "", &ca));
  save(dir_, "other", make("another CA", "", nullptr));
}

}  // namespace td::test
