/* A collector's sampling step: OTLP/JSON lines in, the kept traces out as OTLP/JSON lines, and on stdout why each was
   kept. usage: keep_errors IN.jsonl OUT.jsonl */
#define _POSIX_C_SOURCE 200809L /* getline() */
#include <entail/entail.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char config[] =
    "tail_sampling: {policies: [{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}]}";

static void write_batch(void* user, const uint8_t* traces, size_t traces_size, uint64_t span_count) {
  FILE* out = user;
  size_t size = 0;
  char* json;
  (void)span_count;
  entail_otlp_to_json(traces, traces_size, NULL, 0, &size, NULL); /* how large? */
  json = malloc(size + 1);
  if (json != NULL && entail_otlp_to_json(traces, traces_size, json, size, &size, NULL) == ENTAIL_OK)
    fprintf(out, "%.*s\n", (int)size, json);
  free(json);
}

static void print_id(const uint8_t* id) {
  for (int i = 0; i < 16; ++i) printf("%02x", id[i]);
}

static void print_reason(void* user, const entail_decision_t* decision) {
  (void)user;
  if (decision->verdict != ENTAIL_VERDICT_KEEP) return;
  print_id(decision->trace_id);
  printf(" kept by %s %s", decision->reason, decision->policy);
  if (decision->flags & ENTAIL_DECISION_HAS_ORIGIN) {
    printf("%" PRIu32 " hops from ", decision->hops);
    print_id(decision->origin_trace_id);
  }
  putchar('\n');
}

static int fail(const char* what, const entail_error_t* error) {
  fprintf(stderr, "%s: %s\n", what, error->message);
  return 1;
}

int main(int argc, char** argv) {
  FILE* in = argc == 3 ? fopen(argv[1], "r") : NULL;
  FILE* out = argc == 3 ? fopen(argv[2], "w") : NULL;
  entail_open_options_t options = ENTAIL_OPEN_OPTIONS_INIT;
  entail_error_t error = ENTAIL_ERROR_INIT;
  entail_engine_t* engine = NULL;
  int64_t now_ns = 0; /* the time of the data; a service takes that of its clock, once a second */
  char* line = NULL;
  size_t capacity = 0;
  ssize_t length;
  if (in == NULL || out == NULL) return fputs("usage: keep_errors IN.jsonl OUT.jsonl\n", stderr), 2;

  options.user = out;
  options.on_batch = write_batch;
  options.on_decision = print_reason;
  if (entail_engine_open(&options, config, sizeof config - 1, &engine, &error) != ENTAIL_OK)
    return fail("open", &error);
  while ((length = getline(&line, &capacity, in)) > 0) {
    entail_ingest_receipt_t receipt = ENTAIL_INGEST_RECEIPT_INIT;
    entail_status_t status = entail_ingest_otlp_json(engine, line, (size_t)length, &receipt, &error);
    for (int i = 0; status == ENTAIL_E_NO_ROOM && i < 8 && entail_tick(engine, now_ns, &error) == ENTAIL_OK; ++i)
      status = entail_ingest_otlp_json(engine, line, (size_t)length, &receipt, &error);
    if (status != ENTAIL_OK) fail("skipped a line", &error);
    if (receipt.end_time_max_ns > now_ns) now_ns = receipt.end_time_max_ns;
    if (entail_tick(engine, now_ns, &error) != ENTAIL_OK) return fail("tick", &error);
  }
  if (entail_drain(engine, now_ns, &error) != ENTAIL_OK) return fail("drain", &error);
  entail_engine_close(engine);
  free(line);
  fclose(in);
  return fclose(out) == 0 ? 0 : 1;
}
