// Functions that are no macros.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

/// `CURL`, which is `void` in most versions.
struct ccurl_easy;

// curl_easy_setopt and curl_easy_getinfo take anything, which is out of Swift's reach: here is one for each type. They
// get the address of either, since the library is loaded by hand.
typedef CURLcode (*ccurl_setopt)(CURL *, CURLoption, ...);
typedef CURLcode (*ccurl_getinfo)(CURL *, CURLINFO, ...);

static inline CURLcode ccurl_set_number(void *setopt, struct ccurl_easy *handle, CURLoption option, long value) {
  return ((ccurl_setopt)setopt)((CURL *)handle, option, value);
}
static inline CURLcode ccurl_set_text(void *setopt, struct ccurl_easy *handle, CURLoption option, const char *value) {
  return ((ccurl_setopt)setopt)((CURL *)handle, option, value);
}
static inline CURLcode ccurl_set_pointer(void *setopt, struct ccurl_easy *handle, CURLoption option, void *value) {
  return ((ccurl_setopt)setopt)((CURL *)handle, option, value);
}
static inline CURLcode ccurl_set_list(void *setopt, struct ccurl_easy *handle, CURLoption option, struct curl_slist *value) {
  return ((ccurl_setopt)setopt)((CURL *)handle, option, value);
}
static inline CURLcode ccurl_set_receiver(void *setopt, struct ccurl_easy *handle, CURLoption option, curl_write_callback value) {
  return ((ccurl_setopt)setopt)((CURL *)handle, option, value);
}
static inline curl_off_t ccurl_number(void *getinfo, struct ccurl_easy *handle, CURLINFO info) {
  curl_off_t value = 0;
  return ((ccurl_getinfo)getinfo)((CURL *)handle, info, &value) == CURLE_OK ? value : 0;
}
static inline const char *ccurl_text(void *getinfo, struct ccurl_easy *handle, CURLINFO info) {
  const char *value = NULL;
  return ((ccurl_getinfo)getinfo)((CURL *)handle, info, &value) == CURLE_OK ? value : NULL;
}
/// What a transfer that is done came to; the message's union is out of Swift's reach.
static inline CURLcode ccurl_result(const CURLMsg *message) { return message->data.result; }
