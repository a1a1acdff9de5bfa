#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* simdjson behind a small C interface: one pass over a document gives a flat list of nodes. */

enum {
    TANDEM_JSON_OBJECT = 1,
    TANDEM_JSON_ARRAY = 2,
    TANDEM_JSON_STRING = 3,
    TANDEM_JSON_NUMBER = 4,
    TANDEM_JSON_TRUE = 5,
    TANDEM_JSON_FALSE = 6,
    TANDEM_JSON_NULL = 7,
    TANDEM_JSON_KEY = 8
};

/* Error code of a document whose root is not an object. */
enum { TANDEM_JSON_ERROR_NOT_AN_OBJECT = -1 };

/* A value or an object's key, in document order; a key is followed by its value. */
typedef struct {
    /* Strings and keys: the unescaped UTF-8. Numbers: the digits as they stand in the document. */
    const uint8_t *text;
    double number;
    uint32_t length;
    /* Index of the first node behind this one and everything inside it. */
    uint32_t next;
    /* Members (objects) or elements (arrays). */
    uint32_t count;
    uint32_t kind;
} tandem_json_node;

typedef struct tandem_json_parser tandem_json_parser;

/* Bytes that must be readable (not meaningful) behind a document. */
size_t tandem_json_padding(void);

tandem_json_parser *tandem_json_parser_new(void);
void tandem_json_parser_free(tandem_json_parser *parser);

/* Parses one JSON object of `length` bytes; `length + tandem_json_padding()` must be readable.
   With `keep_digits`, numbers carry the digits that they were written with. Returns 0 and the nodes, which live until the parser's next parse; or an error code. */
int32_t tandem_json_parse(
    tandem_json_parser *parser, const uint8_t *bytes, size_t length, int32_t keep_digits,
    const tandem_json_node **nodes, uint32_t *count);

/* simdjson's words for an error code of tandem_json_parse. */
const char *tandem_json_error_message(int32_t code);

/* Shortest decimal form that reads back as the same double (std::to_chars); at most 32 bytes. */
size_t tandem_json_write_double(double value, uint8_t *out);

#ifdef __cplusplus
}
#endif
