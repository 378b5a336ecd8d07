#pragma once
#include <git2.h>
#include <git2/sys/alloc.h>
#include <git2/sys/odb_backend.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<git2/sys/errors.h>)
#include <git2/sys/errors.h>
#endif

// Whether this is version 1.7 or newer.
#define CGIT2_IS_1_7 (LIBGIT2_VER_MAJOR > 1 || (LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR >= 7))

// Swift cannot call C variadics, so each option gets a name of its own.
static inline int cgit2_set_search_path(int level, const char *path) { return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path); }
static inline int cgit2_set_template_path(const char *path) { return git_libgit2_opts(GIT_OPT_SET_TEMPLATE_PATH, path); }
static inline int cgit2_set_cache_max_size(ssize_t bytes) { return git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, bytes); }
static inline int cgit2_set_window_size(size_t bytes) { return git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, bytes); }
static inline int cgit2_set_window_limit(size_t bytes) { return git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, bytes); }
static inline int cgit2_set_hash_verification(int enabled) { return git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, enabled); }
static inline int cgit2_set_owner_validation(int enabled) { return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled); }

// Fetches commits without those before them, or with all of them again. From 1.7 on; earlier all is fetched always.
static inline void cgit2_set_depth(git_fetch_options *options, int is_whole) {
#if CGIT2_IS_1_7
    options->depth = is_whole ? GIT_FETCH_DEPTH_UNSHALLOW : 1;
#else
    (void)options;
    (void)is_whole;
#endif
}

// An allocator that gives nothing larger than a limit: objects that strangers made are read whole, and a few bytes of a
// pack can say that one has gigabytes. Where libgit2 gets nothing, its call fails with GIT_ERROR_NOMEMORY.
static inline size_t *cgit2_largest_allocation(void) {
    static size_t largest;
    return &largest;
}

static inline void *cgit2_realloc(void *memory, size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    void *result = size <= *cgit2_largest_allocation() ? realloc(memory, size ? size : 1) : NULL;
    if (!result) git_error_set_oom();
    return result;
}

static inline void *cgit2_malloc(size_t size, const char *file, int line) { return cgit2_realloc(NULL, size, file, line); }
static inline void cgit2_free(void *memory) { free(memory); }

#if !CGIT2_IS_1_7
static inline void *cgit2_reallocarray(void *memory, size_t count, size_t size, const char *file, int line) {
    size_t total;
    return cgit2_realloc(memory, __builtin_mul_overflow(count, size, &total) ? SIZE_MAX : total, file, line);
}

static inline void *cgit2_mallocarray(size_t count, size_t size, const char *file, int line) {
    return cgit2_reallocarray(NULL, count, size, file, line);
}

static inline void *cgit2_calloc(size_t count, size_t size, const char *file, int line) {
    void *result = cgit2_mallocarray(count, size, file, line);
    return result ? memset(result, 0, count * size) : NULL;
}

static inline char *cgit2_substrdup(const char *text, size_t length, const char *file, int line) {
    char *result = length < SIZE_MAX ? cgit2_malloc(length + 1, file, line) : NULL;
    if (!result) return NULL;
    memcpy(result, text, length);
    result[length] = 0;
    return result;
}

static inline char *cgit2_strndup(const char *text, size_t most, const char *file, int line) {
    return cgit2_substrdup(text, strnlen(text, most), file, line);
}

static inline char *cgit2_strdup(const char *text, const char *file, int line) {
    return cgit2_substrdup(text, strlen(text), file, line);
}
#endif

// Call it before git_libgit2_init, and from one place alone: the limit is that file's own.
static inline int cgit2_limit_allocations(size_t largest) {
    git_allocator allocator = {
        .gmalloc = cgit2_malloc,
        .grealloc = cgit2_realloc,
        .gfree = cgit2_free,
#if !CGIT2_IS_1_7
        .gcalloc = cgit2_calloc,
        .gmallocarray = cgit2_mallocarray,
        .greallocarray = cgit2_reallocarray,
        .gstrdup = cgit2_strdup,
        .gstrndup = cgit2_strndup,
        .gsubstrdup = cgit2_substrdup,
#endif
    };
    *cgit2_largest_allocation() = largest;
    return git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &allocator);
}
