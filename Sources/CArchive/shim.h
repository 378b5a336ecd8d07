#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
// The one extended attribute that archives carry; Swift's own module of the C library leaves these calls out.
#include <sys/xattr.h>

// libarchive ends the process when it can't convert a name and `errno` is ENOMEM, which it never clears: any earlier call
// of the thread may have left that there. These clear it first.

static inline int clean_archive_read_next_header(struct archive *archive, struct archive_entry **entry) {
    errno = 0;
    return archive_read_next_header(archive, entry);
}

static inline int clean_archive_write_header(struct archive *archive, struct archive_entry *entry) {
    errno = 0;
    return archive_write_header(archive, entry);
}

// The name in the thread's locale, or else as UTF-8; null if it has neither form.
#define CLEAN_ARCHIVE_NAME(name)                                                              \
    static inline const char *clean_archive_entry_##name(struct archive_entry *entry) {       \
        errno = 0;                                                                            \
        const char *text = archive_entry_##name(entry);                                       \
        if (text) return text;                                                                \
        errno = 0;                                                                            \
        return archive_entry_##name##_utf8(entry);                                            \
    }

CLEAN_ARCHIVE_NAME(pathname)
CLEAN_ARCHIVE_NAME(hardlink)
CLEAN_ARCHIVE_NAME(symlink)
