#pragma once
#include <git2.h>
#include <git2/sys/transport.h>

// Swift cannot call C variadics, so each option gets a name of its own.
static inline int cgit2_set_search_path(int level, const char *path) { return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path); }
static inline int cgit2_set_template_path(const char *path) { return git_libgit2_opts(GIT_OPT_SET_TEMPLATE_PATH, path); }
static inline int cgit2_set_cache_max_size(ssize_t bytes) { return git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, bytes); }
static inline int cgit2_set_window_size(size_t bytes) { return git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, bytes); }
static inline int cgit2_set_window_limit(size_t bytes) { return git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, bytes); }
static inline int cgit2_set_owner_validation(int enabled) { return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled); }

// libgit2's structures with room behind them for the object of ours that does the work.
typedef struct {
    git_smart_subtransport parent;
    void *owner;
} cgit2_subtransport;

typedef struct {
    git_smart_subtransport_stream parent;
    void *owner;
} cgit2_stream;
