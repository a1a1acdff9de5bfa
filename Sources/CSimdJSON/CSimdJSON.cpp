#include "CSimdJSON.h"

// Errors are codes here: no implicit conversion may throw across the C interface.
#define SIMDJSON_EXCEPTIONS 0

#include <charconv>
#include <new>
#include <simdjson.h>
#include <string_view>
#include <vector>

namespace od = simdjson::ondemand;

/* Deeper nesting than this is refused: no contract of ours nests beyond 4, models beyond 6. */
static constexpr int maximum_depth = 64;

struct tandem_json_parser {
    od::parser parser;
    std::vector<tandem_json_node> nodes;
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

inline tandem_json_node leaf(uint32_t kind, std::string_view text, uint32_t index) {
    return {reinterpret_cast<const uint8_t *>(text.data()), 0.0,
            static_cast<uint32_t>(text.size()), index + 1, 0, kind};
}

simdjson::error_code walk(std::vector<tandem_json_node> &nodes, od::value value, int depth);

simdjson::error_code walk_object(
    std::vector<tandem_json_node> &nodes, od::object object, int depth) {
    if (depth > maximum_depth) return simdjson::DEPTH_ERROR;
    const size_t self = nodes.size();
    nodes.push_back({nullptr, 0.0, 0, 0, 0, TANDEM_JSON_OBJECT});
    uint32_t count = 0;
    for (auto entry : object) {
        od::field field;
        if (auto error = std::move(entry).get(field)) return error;
        std::string_view key;
        if (auto error = field.unescaped_key().get(key)) return error;
        const size_t key_index = nodes.size();
        nodes.push_back(leaf(TANDEM_JSON_KEY, key, static_cast<uint32_t>(key_index)));
        if (auto error = walk(nodes, field.value(), depth)) return error;
        nodes[key_index].next = static_cast<uint32_t>(nodes.size());
        count += 1;
    }
    nodes[self].count = count;
    nodes[self].next = static_cast<uint32_t>(nodes.size());
    return simdjson::SUCCESS;
}

simdjson::error_code walk_array(
    std::vector<tandem_json_node> &nodes, od::array array, int depth) {
    if (depth > maximum_depth) return simdjson::DEPTH_ERROR;
    const size_t self = nodes.size();
    nodes.push_back({nullptr, 0.0, 0, 0, 0, TANDEM_JSON_ARRAY});
    uint32_t count = 0;
    for (auto element : array) {
        od::value value;
        if (auto error = std::move(element).get(value)) return error;
        if (auto error = walk(nodes, value, depth)) return error;
        count += 1;
    }
    nodes[self].count = count;
    nodes[self].next = static_cast<uint32_t>(nodes.size());
    return simdjson::SUCCESS;
}

simdjson::error_code walk(std::vector<tandem_json_node> &nodes, od::value value, int depth) {
    od::json_type type;
    if (auto error = value.type().get(type)) return error;
    const auto index = static_cast<uint32_t>(nodes.size());
    switch (type) {
    case od::json_type::object: {
        od::object object;
        if (auto error = value.get_object().get(object)) return error;
        return walk_object(nodes, object, depth + 1);
    }
    case od::json_type::array: {
        od::array array;
        if (auto error = value.get_array().get(array)) return error;
        return walk_array(nodes, array, depth + 1);
    }
    case od::json_type::string: {
        std::string_view text;
        if (auto error = value.get_string().get(text)) return error;
        nodes.push_back(leaf(TANDEM_JSON_STRING, text, index));
        return simdjson::SUCCESS;
    }
    case od::json_type::number: {
        const auto token = trimmed(value.raw_json_token());
        double number;
        if (auto error = value.get_double().get(number)) return error;
        nodes.push_back(leaf(TANDEM_JSON_NUMBER, token, index));
        nodes.back().number = number;
        return simdjson::SUCCESS;
    }
    case od::json_type::boolean: {
        bool flag;
        if (auto error = value.get_bool().get(flag)) return error;
        nodes.push_back(leaf(flag ? TANDEM_JSON_TRUE : TANDEM_JSON_FALSE, {}, index));
        return simdjson::SUCCESS;
    }
    case od::json_type::null: {
        // The type is guessed from the first letter: "nul" must not pass.
        bool is_null = false;
        if (auto error = simdjson::simdjson_result<bool>(value.is_null()).get(is_null)) {
            return error;
        }
        if (!is_null) return simdjson::N_ATOM_ERROR;
        nodes.push_back(leaf(TANDEM_JSON_NULL, {}, index));
        return simdjson::SUCCESS;
    }
    }
    return simdjson::INCORRECT_TYPE;
}

} // namespace

extern "C" {

size_t tandem_json_padding(void) { return simdjson::SIMDJSON_PADDING; }

tandem_json_parser *tandem_json_parser_new(void) {
    return new (std::nothrow) tandem_json_parser();
}

void tandem_json_parser_free(tandem_json_parser *parser) { delete parser; }

int32_t tandem_json_parse(
    tandem_json_parser *parser, const uint8_t *bytes, size_t length,
    const tandem_json_node **nodes, uint32_t *count) {
    parser->nodes.clear();
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
    if (auto error = walk_object(parser->nodes, object, 1)) return error;
    // Anything behind the object's closing brace is not one JSON document.
    const char *rest;
    if (document.current_location().get(rest) == simdjson::SUCCESS) {
        return simdjson::TRAILING_CONTENT;
    }
    *nodes = parser->nodes.data();
    *count = static_cast<uint32_t>(parser->nodes.size());
    return 0;
}

const char *tandem_json_error_message(int32_t code) {
    if (code == TANDEM_JSON_ERROR_NOT_AN_OBJECT) return "the document is not a JSON object";
    // simdjson answers "not the requested type" for a malformed true, false, null or number.
    if (code == simdjson::INCORRECT_TYPE) return "a value is malformed";
    return simdjson::error_message(static_cast<simdjson::error_code>(code));
}

size_t tandem_json_write_double(double value, uint8_t *out) {
    char *begin = reinterpret_cast<char *>(out);
    return static_cast<size_t>(std::to_chars(begin, begin + 32, value).ptr - begin);
}

} // extern "C"
