#include "CSimdJSON.h"

// Errors are codes here: no implicit conversion may throw across the C interface.
#define SIMDJSON_EXCEPTIONS 0

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <vector>

namespace od = simdjson::ondemand;
namespace dom = simdjson::dom;

/* Deeper nesting than this is refused: no contract of ours nests beyond 4, models beyond 6. */
static constexpr int maximum_depth = 64;

struct tandem_json_parser {
    od::parser parser;
    dom::parser dom;
    std::vector<tandem_json_node> storage;
};

namespace {

inline std::string_view trimmed(std::string_view token) {
    while (!token.empty()) {
        char last = token.back();
        if (last == ' ' || last == '\n' || last == '\t' || last == '\r') token.remove_suffix(1);
        else break;
    }
    return token;
}

inline bool skip_digits(std::string_view token, size_t &at) {
    const size_t start = at;
    while (at < token.size() && token[at] >= '0' && token[at] <= '9') at += 1;
    return at > start;
}

// RFC 8259, section 6.
inline bool is_number(std::string_view token) {
    size_t at = !token.empty() && token[0] == '-' ? 1 : 0;
    const size_t whole = at;
    if (!skip_digits(token, at) || (token[whole] == '0' && at > whole + 1)) return false;
    if (at < token.size() && token[at] == '.' && !skip_digits(token, ++at)) return false;
    if (at < token.size() && (token[at] | 0x20) == 'e') {
        at += 1;
        if (at < token.size() && (token[at] == '+' || token[at] == '-')) at += 1;
        if (!skip_digits(token, at)) return false;
    }
    return at == token.size();
}

// The nearest double. Not simdjson's own: in 3.0.1 its On-Demand front end reads some numbers of more than 19
// digits wrong by orders of magnitude (0.7970830123805143099999999999999e308 as 2.2e295) and refuses exponents of
// more than 19 digits.
inline simdjson::error_code read_number(std::string_view token, double &number) {
    if (!is_number(token)) return simdjson::INCORRECT_TYPE;
    const char *end = token.data() + token.size();
    const auto result = std::from_chars(token.data(), end, number);
    if (result.ec == std::errc{}) return simdjson::SUCCESS;
    // Out of range says nothing of the side: what is too small is a zero of its sign.
    number = std::strtod(std::string(token).c_str(), nullptr);
    return std::isfinite(number) ? simdjson::SUCCESS : simdjson::NUMBER_ERROR;
}

// Nodes are written through a bare pointer: a document of n bytes has at most n / 2 + 2 of them, and that much
// is reserved before the walk.
struct walker {
    tandem_json_node *first;
    tandem_json_node *end;
    const char *limit;

    uint32_t count() const { return static_cast<uint32_t>(end - first); }

    tandem_json_node *add(uint32_t kind, std::string_view text) {
        tandem_json_node *node = end++;
        node->text = reinterpret_cast<const uint8_t *>(text.data());
        node->number = 0.0;
        node->length = static_cast<uint32_t>(text.size());
        node->next = count();
        node->count = 0;
        node->kind = kind;
        return node;
    }

    // The text behind an opening quote if it needs no unescaping; the document was checked for UTF-8 and control
    // characters already.
    bool plain(const char *start, std::string_view &text) const {
        auto quote = static_cast<const char *>(
            std::memchr(start, '"', static_cast<size_t>(limit - start)));
        if (quote == nullptr) return false;
        const auto length = static_cast<size_t>(quote - start);
        if (std::memchr(start, '\\', length) != nullptr) return false;
        text = {start, length};
        return true;
    }

    simdjson::error_code object(od::object object, int depth) {
        if (depth > maximum_depth) return simdjson::DEPTH_ERROR;
        tandem_json_node *self = add(TANDEM_JSON_OBJECT, {});
        uint32_t members = 0;
        for (auto entry : object) {
            od::field field;
            if (auto error = std::move(entry).get(field)) return error;
            std::string_view key;
            if (!plain(field.key().raw(), key)) {
                if (auto error = field.unescaped_key().get(key)) return error;
            }
            tandem_json_node *name = add(TANDEM_JSON_KEY, key);
            if (auto error = value(field.value(), depth)) return error;
            name->next = count();
            members += 1;
        }
        self->count = members;
        self->next = count();
        return simdjson::SUCCESS;
    }

    simdjson::error_code array(od::array array, int depth) {
        if (depth > maximum_depth) return simdjson::DEPTH_ERROR;
        tandem_json_node *self = add(TANDEM_JSON_ARRAY, {});
        uint32_t elements = 0;
        for (auto element : array) {
            od::value item;
            if (auto error = std::move(element).get(item)) return error;
            if (auto error = value(item, depth)) return error;
            elements += 1;
        }
        self->count = elements;
        self->next = count();
        return simdjson::SUCCESS;
    }

    simdjson::error_code string(od::value value) {
        const auto token = value.raw_json_token();
        std::string_view text;
        if (plain(token.data() + 1, text)) {
            od::raw_json_string raw;
            if (auto error = value.get_raw_json_string().get(raw)) return error;
        } else if (auto error = value.get_string().get(text)) {
            return error;
        }
        add(TANDEM_JSON_STRING, text);
        return simdjson::SUCCESS;
    }

    simdjson::error_code number(od::value value) {
        const auto token = trimmed(value.raw_json_token());
        double number = 0.0;
        if (auto error = read_number(token, number)) return error;
        // simdjson's document model takes "-0" for a whole number, which has no negative zero.
        add(TANDEM_JSON_NUMBER, token)->number = token == "-0" ? 0.0 : number;
        return simdjson::SUCCESS;
    }

    // The same nodes from simdjson's other front end: a third faster on messages of some hundred bytes, because
    // all of it is chosen for this machine's vector unit at run time; but it keeps no digits.
    simdjson::error_code element(dom::element element, int depth) {
        if (depth > maximum_depth) return simdjson::DEPTH_ERROR;
        switch (element.type()) {
        case dom::element_type::OBJECT: {
            dom::object members;
            if (auto error = element.get(members)) return error;
            tandem_json_node *self = add(TANDEM_JSON_OBJECT, {});
            uint32_t total = 0;
            for (auto member : members) {
                tandem_json_node *name = add(TANDEM_JSON_KEY, member.key);
                if (auto error = this->element(member.value, depth + 1)) return error;
                name->next = count();
                total += 1;
            }
            self->count = total;
            self->next = count();
            return simdjson::SUCCESS;
        }
        case dom::element_type::ARRAY: {
            dom::array items;
            if (auto error = element.get(items)) return error;
            tandem_json_node *self = add(TANDEM_JSON_ARRAY, {});
            uint32_t total = 0;
            for (auto item : items) {
                if (auto error = this->element(item, depth + 1)) return error;
                total += 1;
            }
            self->count = total;
            self->next = count();
            return simdjson::SUCCESS;
        }
        case dom::element_type::STRING: {
            std::string_view text;
            if (auto error = element.get(text)) return error;
            add(TANDEM_JSON_STRING, text);
            return simdjson::SUCCESS;
        }
        case dom::element_type::DOUBLE:
        case dom::element_type::INT64:
        case dom::element_type::UINT64: {
            double number;
            if (auto error = element.get(number)) return error;
            add(TANDEM_JSON_NUMBER, {})->number = number;
            return simdjson::SUCCESS;
        }
        case dom::element_type::BOOL: {
            bool flag;
            if (auto error = element.get(flag)) return error;
            add(flag ? TANDEM_JSON_TRUE : TANDEM_JSON_FALSE, {});
            return simdjson::SUCCESS;
        }
        case dom::element_type::NULL_VALUE: add(TANDEM_JSON_NULL, {}); return simdjson::SUCCESS;
        }
        return simdjson::INCORRECT_TYPE;
    }

    simdjson::error_code value(od::value value, int depth) {
        od::json_type type;
        if (auto error = value.type().get(type)) return error;
        switch (type) {
        case od::json_type::object: {
            od::object nested;
            if (auto error = value.get_object().get(nested)) return error;
            return object(nested, depth + 1);
        }
        case od::json_type::array: {
            od::array nested;
            if (auto error = value.get_array().get(nested)) return error;
            return array(nested, depth + 1);
        }
        case od::json_type::string: return string(value);
        case od::json_type::number: return number(value);
        case od::json_type::boolean: {
            bool flag;
            if (auto error = value.get_bool().get(flag)) return error;
            add(flag ? TANDEM_JSON_TRUE : TANDEM_JSON_FALSE, {});
            return simdjson::SUCCESS;
        }
        case od::json_type::null: {
            // The type is guessed from the first letter: "nul" must not pass.
            bool is_null = false;
            if (auto error = simdjson::simdjson_result<bool>(value.is_null()).get(is_null)) {
                return error;
            }
            if (!is_null) return simdjson::N_ATOM_ERROR;
            add(TANDEM_JSON_NULL, {});
            return simdjson::SUCCESS;
        }
        }
        return simdjson::INCORRECT_TYPE;
    }
};

int32_t parse_on_demand(
    tandem_json_parser *parser, const uint8_t *bytes, size_t length, walker &walk) {
    od::document document;
    if (auto error = parser->parser
                         .iterate(reinterpret_cast<const char *>(bytes), length,
                                  length + simdjson::SIMDJSON_PADDING)
                         .get(document)) {
        return error;
    }
    od::json_type type;
    if (auto error = document.type().get(type)) return error;
    if (type != od::json_type::object) return TANDEM_JSON_ERROR_NOT_AN_OBJECT;
    od::object object;
    if (auto error = document.get_object().get(object)) return error;
    if (auto error = walk.object(object, 1)) return error;
    // Anything behind the object's closing brace is not one JSON document.
    const char *rest;
    if (document.current_location().get(rest) == simdjson::SUCCESS) {
        return simdjson::TRAILING_CONTENT;
    }
    return 0;
}

int32_t parse_dom(
    tandem_json_parser *parser, const uint8_t *bytes, size_t length, walker &walk) {
    dom::element root;
    if (auto error = parser->dom.parse(bytes, length, false).get(root)) return error;
    if (root.type() != dom::element_type::OBJECT) return TANDEM_JSON_ERROR_NOT_AN_OBJECT;
    return walk.element(root, 1);
}

} // namespace

extern "C" {

size_t tandem_json_padding(void) { return simdjson::SIMDJSON_PADDING; }

tandem_json_parser *tandem_json_parser_new(void) {
    return new (std::nothrow) tandem_json_parser();
}

void tandem_json_parser_free(tandem_json_parser *parser) { delete parser; }

int32_t tandem_json_parse(
    tandem_json_parser *parser, const uint8_t *bytes, size_t length, int32_t keep_digits,
    const tandem_json_node **nodes, uint32_t *count) {
    if (parser->storage.size() < length / 2 + 2) parser->storage.resize(length + 64);
    auto first = parser->storage.data();
    walker walk{first, first, reinterpret_cast<const char *>(bytes) + length};
    int32_t code = keep_digits != 0 ? simdjson::NUMBER_ERROR
                                    : parse_dom(parser, bytes, length, walk);
    if (code == simdjson::NUMBER_ERROR) {
        // Whole numbers beyond 64 bits are good JSON, but not to simdjson's document model.
        walk.end = first;
        code = parse_on_demand(parser, bytes, length, walk);
    }
    *nodes = first;
    *count = walk.count();
    return code;
}

const char *tandem_json_error_message(int32_t code) {
    if (code == TANDEM_JSON_ERROR_NOT_AN_OBJECT) return "the document is not a JSON object";
    // simdjson answers "not the requested type" for a malformed true, false, null or number.
    if (code == simdjson::INCORRECT_TYPE) return "a value is malformed";
    return simdjson::error_message(static_cast<simdjson::error_code>(code));
}

size_t tandem_json_write_double(double value, uint8_t *out) {
    char *begin = reinterpret_cast<char *>(out);
    if (value == 0.0 && std::signbit(value)) {
        // The shortest form, "-0", is a whole number to some readers, simdjson's document model among them.
        std::memcpy(begin, "-0.0", 4);
        return 4;
    }
    return static_cast<size_t>(std::to_chars(begin, begin + 32, value).ptr - begin);
}

} // extern "C"
