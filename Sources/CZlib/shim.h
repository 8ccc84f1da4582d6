#include <zlib.h>

/// `inflateInit2` for a stream without header and trailer: the macro is out of Swift's reach.
static inline int inflateInitRaw(z_stream *stream) { return inflateInit2(stream, -15); }

/// `inflateInit2` for streams of gzip, with their header and trailer.
static inline int inflateInitGzip(z_stream *stream) { return inflateInit2(stream, 31); }
