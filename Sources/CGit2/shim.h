#pragma once
#include <git2.h>
#include <git2/sys/odb_backend.h>

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
#if LIBGIT2_VER_MAJOR > 1 || (LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR >= 7)
    options->depth = is_whole ? GIT_FETCH_DEPTH_UNSHALLOW : 1;
#else
    (void)options;
    (void)is_whole;
#endif
}
