#include "input/json_envelope.hpp"

#include <gtest/gtest.h>

#include "entail/entail.hpp"

namespace entail::cli {
namespace {

// The IDs of one span, in hexadecimal and as Tempo writes them.
constexpr const char* kHex =
    R"("traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","parentSpanId":"ffeeddccbbaa9988")";
constexpr const char* kBase64 =
    R"("traceId": "AQIDBAUGBwgJCgsMDQ4PEA==","spanId":"AQIDBAUGBwg=", "parentSpanId" : "/+7dzLuqmYg=")";

std::string spans(const std::string& ids, const std::string& scope_spans = "scopeSpans") {
  return "{\"resource\":{\"attributes\":[{\"key\":\"traceId\",\"value\":{\"stringValue\":\"AQIDBAUGBwg=\"}}]},\"" +
         scope_spans + "\":[{\"spans\":[{" + ids + ",\"name\":\"a \\\"spanId\\\": b\"}]}]}";
}

// What a message gives, printed again; else the error.
std::string read(const std::string& message) {
  JsonEnvelope envelope;
  envelope.open(message);
  if (!envelope.foreign.empty()) return std::string(envelope.foreign);
  Request request;
  if (const auto parsed = request.parse_json(envelope.text); !parsed) return describe(parsed.error());
  std::string printed;
  EXPECT_TRUE(append_otlp_json(request.protobuf(), printed).ok());
  return printed;
}

TEST(JsonEnvelope, EveryWrapping_GivesTheSameRequest) {
  const std::string plain = read("{\"resourceSpans\":[" + spans(kHex) + "]}");
  ASSERT_TRUE(plain.find("ffeeddccbbaa9988") != std::string::npos) << plain;
  for (const std::string& ids : {std::string(kHex), std::string(kBase64)}) {
    EXPECT_EQ(read("{\"batches\":[" + spans(ids) + "]}"), plain);
    EXPECT_EQ(read(" { \"batches\" : [" + spans(ids, "instrumentationLibrarySpans") + "], \"status\": 1 }"), plain);
    EXPECT_EQ(read("{\"trace\":{\"resourceSpans\":[" + spans(ids) + "]},\"metrics\":{}}"), plain);
    EXPECT_EQ(read("{\"result\":{\"resourceSpans\":[" + spans(ids) + "]}}"), plain);
    EXPECT_EQ(read(spans(ids)), plain);
    EXPECT_EQ(read("\n[" + spans(ids) + "]"), plain);
  }
}

TEST(JsonEnvelope, ARequestIsNotTouched) {
  // IDs in base64 are no OTLP/JSON: where nothing says that the text is Tempo's, they stay bad.
  for (const std::string& text :
       {"{\"resourceSpans\":[" + spans(kBase64) + "]}", std::string("{\"resourceLogs\":[]}"), std::string("{}"),
        std::string("{\"other\":1,\"resourceSpans\":[]}"), std::string(), std::string("[]"), std::string("nonsense"),
        std::string("{\"batches"), std::string("{\"result\":5}"), std::string("{\"a\":\"")}) {
    JsonEnvelope envelope;
    envelope.open(text);
    EXPECT_EQ(envelope.text, text);
    EXPECT_EQ(envelope.foreign, "") << text;
    EXPECT_EQ(envelope.offset_in_message(text.size()), text.size());
  }
}

TEST(JsonEnvelope, OtherForms_AreNamed) {
  const auto names = [](const std::string& text, const char* name) {
    JsonEnvelope envelope;
    envelope.open(text);
    return envelope.foreign.find(name) != std::string_view::npos;
  };
  EXPECT_TRUE(names(R"([{"traceId":"1","parentId":"2","id":"3","localEndpoint":{}}])", "Zipkin"));
  EXPECT_TRUE(names(R"({"id":"3","name":"get","traceId":"1"})", "Zipkin"));
  EXPECT_TRUE(names(R"({"data":[{"traceID":"1","spans":[]}],"total":0})", "Jaeger"));
  EXPECT_TRUE(names(R"({"data": [ {"spans":[],"traceID":"1"}]})", "Jaeger"));
  EXPECT_TRUE(names(R"({"data":[],"total":0,"errors":null})", "Jaeger"));
  EXPECT_TRUE(names(R"([{"traceID":"1","spans":[]}])", "Jaeger"));
  EXPECT_TRUE(names(R"({"traceID":"1","spanID":"2","operationName":"get"})", "Jaeger"));
  EXPECT_TRUE(names(R"({"traces":[{"traceID":"1","rootServiceName":"shop"}]})", "Tempo"));
  EXPECT_TRUE(names(R"({"traces":[],"metrics":{"inspectedTraces":1}})", "Tempo"));
}

// An error says where it stands in the message, not in what was made of it.
TEST(JsonEnvelope, OffsetsAreThoseOfTheMessage) {
  for (const std::string& before : {"{\"batches\":[" + spans(kBase64) + ",", "[" + spans(kBase64) + ",",
                                    "{\"result\":{\"resourceSpans\":[" + spans(kBase64) + ","}) {
    const std::string message = before + "!]}}";
    JsonEnvelope envelope;
    envelope.open(message);
    const std::size_t at = envelope.text.find('!');
    ASSERT_NE(at, std::string_view::npos) << message;
    EXPECT_EQ(envelope.offset_in_message(at), before.size());
    EXPECT_EQ(envelope.offset_in_message(envelope.text.find("stringValue")), message.find("stringValue"));
  }
}

TEST(JsonEnvelope, EveryCut_EndsCleanly) {
  const std::string whole = "{\"batches\":[" + spans(kBase64) + "],\"a\":[1,\"\\\\\",{}],\"b\":null}";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    JsonEnvelope envelope;
    envelope.open(cut);
    Request request;
    if (size > 3) {
      EXPECT_FALSE(request.parse_json(envelope.text).ok()) << cut;
    }
    EXPECT_LE(envelope.offset_in_message(envelope.text.size()), cut.size());
  }
}

}  // namespace
}  // namespace entail::cli
