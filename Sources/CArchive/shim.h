#pragma once
#include <archive.h>
#include <archive_entry.h>
// The one extended attribute that archives carry; Swift's own module of the C library leaves these calls out.
#include <sys/xattr.h>
