/* The C interface used from C, through libentail.so: one trace from bytes to bytes, by polling.
   usage: capi_c_test FILE    FILE: an ExportTraceServiceRequest in protobuf with a trace of an ERROR */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entail/entail.h"

static int failures;

#define EXPECT(condition)                                            \
  do {                                                               \
    if (!(condition)) {                                              \
      printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                    \
    }                                                                \
  } while (0)

static const char config[] =
    "tail_sampling: {policies: [{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}]}";

static size_t read_file(const char* path, uint8_t* bytes, size_t capacity) {
  FILE* file = fopen(path, "rb");
  size_t size;
  if (file == NULL) return 0;
  size = fread(bytes, 1, capacity, file);
  fclose(file);
  return size;
}

static void count_message(void* user, uint32_t is_error, uint32_t line, uint32_t column, const char* text) {
  uint32_t* errors = user;
  *errors += is_error;
  EXPECT(line == 1);
  EXPECT(column >= 1);
  EXPECT(strlen(text) > 10);
}

static void check_statics(void) {
  entail_loss_info_t info = ENTAIL_LOSS_INFO_INIT;
  entail_error_t error = ENTAIL_ERROR_INIT;
  uint32_t errors = 0;
  uint32_t losses = 0;
  static const char wrong[] = "tail_sampling: {polices: []}";
  EXPECT(entail_abi_version() == ENTAIL_ABI_VERSION);
  EXPECT(strcmp(entail_version(), "0.1.0") == 0);
  EXPECT(strcmp(entail_status_text(ENTAIL_OK), "done") == 0);
  EXPECT(strcmp(entail_status_text(-7), "unknown status") == 0);
  EXPECT(entail_config_check(config, sizeof config - 1, count_message, &errors, &error) == ENTAIL_OK);
  EXPECT(errors == 0);
  EXPECT(entail_config_check(wrong, sizeof wrong - 1, count_message, &errors, &error) == ENTAIL_E_CONFIG);
  EXPECT(errors > 0);
  EXPECT(error.status == ENTAIL_E_CONFIG && error.line == 1 && error.column >= 1);
  EXPECT(entail_config_check(entail_config_defaults(), strlen(entail_config_defaults()), NULL, NULL, &error) ==
         ENTAIL_OK);
  while (entail_loss_info(losses, &info, &error) == ENTAIL_OK) {
    EXPECT(strlen(info.name) > 0 && strlen(info.severity) > 0 && strlen(info.help) > 20);
    ++losses;
  }
  EXPECT(error.status == ENTAIL_E_NOT_FOUND);
  EXPECT(losses > 10);
}

static void check_trace(const uint8_t* bytes, size_t bytes_size) {
  static uint8_t kept[4096];
  static char json[8192];
  const uint8_t id[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  entail_open_options_t options = ENTAIL_OPEN_OPTIONS_INIT;
  entail_error_t error = ENTAIL_ERROR_INIT;
  entail_ingest_receipt_t receipt = ENTAIL_INGEST_RECEIPT_INIT;
  entail_decision_t decision = ENTAIL_DECISION_INIT;
  entail_statistics_t statistics = ENTAIL_STATISTICS_INIT;
  entail_engine_t* engine = NULL;
  size_t size = 0;
  uint64_t spans = 0;
  options.flags = ENTAIL_OPEN_POLL_DECISIONS;
  EXPECT(entail_engine_open(&options, config, sizeof config - 1, &engine, &error) == ENTAIL_OK);
  EXPECT(entail_ingest_otlp(engine, bytes, bytes_size, &receipt, &error) == ENTAIL_OK);
  EXPECT(receipt.spans > 0 && receipt.signal == ENTAIL_SIGNAL_TRACES);
  EXPECT(entail_poll_batch(engine, kept, sizeof kept, &size, &spans, &error) == ENTAIL_NOTHING);
  EXPECT(entail_drain(engine, 1000000000, &error) == ENTAIL_OK);
  EXPECT(entail_poll_batch(engine, kept, sizeof kept, &size, &spans, &error) == ENTAIL_OK);
  EXPECT(size > 0 && spans == receipt.spans);
  EXPECT(entail_poll_batch(engine, kept, sizeof kept, &size, NULL, &error) == ENTAIL_NOTHING);
  EXPECT(entail_poll_decision(engine, &decision, &error) == ENTAIL_OK);
  EXPECT(decision.verdict == ENTAIL_VERDICT_KEEP);
  EXPECT(memcmp(decision.trace_id, id, 16) == 0);
  EXPECT(strcmp(decision.reason, "policy") == 0 && strcmp(decision.policy, "errors") == 0);
  EXPECT(strlen(decision.json) == decision.json_size);
  EXPECT((decision.flags & ENTAIL_DECISION_HAS_DETAIL) != 0 && (decision.flags & ENTAIL_DECISION_HAS_ERROR) != 0);
  EXPECT(decision.errors > 0 && decision.bytes > 0 && decision.nearest_count == 0);
  EXPECT(strlen(decision.root_name) > 0 && strstr(decision.json, decision.root_name) != NULL);
  EXPECT(entail_explain(engine, id, json, sizeof json, &size, &error) == ENTAIL_OK);
  EXPECT(size > decision.json_size);
  EXPECT(entail_statistics(engine, &statistics, &error) == ENTAIL_OK);
  EXPECT(statistics.spans_emitted == receipt.spans && statistics.traces_kept == 1);
  entail_engine_close(engine);
  EXPECT(entail_tick(engine, 2000000000, &error) == ENTAIL_E_CLOSED);
  entail_engine_close(engine);
}

int main(int argc, char** argv) {
  static uint8_t bytes[65536];
  const size_t size = argc == 2 ? read_file(argv[1], bytes, sizeof bytes) : 0;
  EXPECT(size > 0);
  check_statics();
  check_trace(bytes, size);
  if (failures == 0) puts("passed");
  return failures == 0 ? 0 : 1;
}
