#pragma once
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

// Swift cannot call C variadics, so each kind of argument gets a name of its own.
static inline CURLcode ccurl_set_long(CURL *h, CURLoption o, long v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode ccurl_set_offset(CURL *h, CURLoption o, curl_off_t v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode ccurl_set_string(CURL *h, CURLoption o, const char *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode ccurl_set_pointer(CURL *h, CURLoption o, void *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode ccurl_set_list(CURL *h, CURLoption o, struct curl_slist *v) { return curl_easy_setopt(h, o, v); }

static inline CURLcode ccurl_set_blob(CURL *h, CURLoption o, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(h, o, &blob);
}

typedef size_t (*ccurl_data_callback)(char *, size_t, size_t, void *);
static inline CURLcode ccurl_set_data_callback(CURL *h, CURLoption o, ccurl_data_callback f) { return curl_easy_setopt(h, o, f); }

typedef int (*ccurl_seek_callback)(void *, curl_off_t, int);
static inline CURLcode ccurl_set_seek_callback(CURL *h, ccurl_seek_callback f, void *v) {
    CURLcode code = curl_easy_setopt(h, CURLOPT_SEEKFUNCTION, f);
    return code == CURLE_OK ? curl_easy_setopt(h, CURLOPT_SEEKDATA, v) : code;
}

typedef curl_socket_t (*ccurl_socket_callback)(void *, curlsocktype, struct curl_sockaddr *);
static inline CURLcode ccurl_set_socket_callback(CURL *h, ccurl_socket_callback f, void *v) {
    CURLcode code = curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, f);
    return code == CURLE_OK ? curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, v) : code;
}

static inline CURLcode ccurl_get_long(CURL *h, CURLINFO i, long *v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode ccurl_get_pointer(CURL *h, CURLINFO i, void **v) { return curl_easy_getinfo(h, i, v); }

#include <string.h>
// Copies the address out of what curl is about to connect to: 4 or 16 bytes; 0 for other families.
static inline int ccurl_address(const struct curl_sockaddr *target, unsigned char bytes[16]) {
    if (target->family == AF_INET) {
        memcpy(bytes, &((const struct sockaddr_in *)(const void *)&target->addr)->sin_addr, 4);
        return 4;
    }
    if (target->family == AF_INET6) {
        memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)&target->addr)->sin6_addr, 16);
        return 16;
    }
    return 0;
}
