/* Prints the size of each struct of entail.h and the place of each field, and compares them with a file.
   usage: capi_layout [FILE]    without a file: prints only */
#include <stdio.h>
#include <string.h>

#include "entail/entail.h"

#define LAYOUT_BYTES_MAX 16384

static char layout[LAYOUT_BYTES_MAX];
static size_t layout_size;

static void add(const char* structure, const char* field, size_t offset, size_t size) {
  const int written = snprintf(layout + layout_size, sizeof layout - layout_size, "%s%s%s %u %u\n", structure,
                               field[0] != 0 ? "." : "", field, (unsigned)offset, (unsigned)size);
  if (written > 0) layout_size += (size_t)written;
}

#define LAYOUT_STRUCT(structure) add(#structure, "", 0, sizeof(structure))
#define LAYOUT_FIELD(structure, field) \
  add(#structure, #field, offsetof(structure, field), sizeof(((structure*)0)->field))

static void add_first(void) {
  LAYOUT_STRUCT(entail_error_t);
  LAYOUT_FIELD(entail_error_t, struct_size);
  LAYOUT_FIELD(entail_error_t, status);
  LAYOUT_FIELD(entail_error_t, offset);
  LAYOUT_FIELD(entail_error_t, line);
  LAYOUT_FIELD(entail_error_t, column);
  LAYOUT_FIELD(entail_error_t, message);
  LAYOUT_STRUCT(entail_decision_t);
  LAYOUT_FIELD(entail_decision_t, struct_size);
  LAYOUT_FIELD(entail_decision_t, verdict);
  LAYOUT_FIELD(entail_decision_t, flags);
  LAYOUT_FIELD(entail_decision_t, direction);
  LAYOUT_FIELD(entail_decision_t, hops);
  LAYOUT_FIELD(entail_decision_t, revision);
  LAYOUT_FIELD(entail_decision_t, trace_id);
  LAYOUT_FIELD(entail_decision_t, origin_trace_id);
  LAYOUT_FIELD(entail_decision_t, decided_at_ns);
  LAYOUT_FIELD(entail_decision_t, spans);
  LAYOUT_FIELD(entail_decision_t, not_followed);
  LAYOUT_FIELD(entail_decision_t, links_dropped_upstream);
  LAYOUT_FIELD(entail_decision_t, linked_total);
  LAYOUT_FIELD(entail_decision_t, reason);
  LAYOUT_FIELD(entail_decision_t, policy);
  LAYOUT_FIELD(entail_decision_t, loss);
  LAYOUT_FIELD(entail_decision_t, path);
  LAYOUT_FIELD(entail_decision_t, linked);
  LAYOUT_FIELD(entail_decision_t, path_count);
  LAYOUT_FIELD(entail_decision_t, linked_count);
  LAYOUT_FIELD(entail_decision_t, json);
  LAYOUT_FIELD(entail_decision_t, json_size);
  LAYOUT_FIELD(entail_decision_t, root_service);
  LAYOUT_FIELD(entail_decision_t, root_name);
  LAYOUT_FIELD(entail_decision_t, start_ns);
  LAYOUT_FIELD(entail_decision_t, duration_ns);
  LAYOUT_FIELD(entail_decision_t, errors);
  LAYOUT_FIELD(entail_decision_t, error_service);
  LAYOUT_FIELD(entail_decision_t, error_name);
  LAYOUT_FIELD(entail_decision_t, error_message);
  LAYOUT_FIELD(entail_decision_t, bytes);
  LAYOUT_FIELD(entail_decision_t, services);
  LAYOUT_FIELD(entail_decision_t, service_count);
  LAYOUT_FIELD(entail_decision_t, nearest);
  LAYOUT_FIELD(entail_decision_t, nearest_count);
  LAYOUT_STRUCT(entail_open_options_t);
  LAYOUT_FIELD(entail_open_options_t, struct_size);
  LAYOUT_FIELD(entail_open_options_t, flags);
  LAYOUT_FIELD(entail_open_options_t, user);
  LAYOUT_FIELD(entail_open_options_t, on_batch);
  LAYOUT_FIELD(entail_open_options_t, on_decision);
  LAYOUT_FIELD(entail_open_options_t, output_batch_bytes_max);
  LAYOUT_FIELD(entail_open_options_t, table_seed);
  LAYOUT_FIELD(entail_open_options_t, ingest_lanes_max);
  LAYOUT_FIELD(entail_open_options_t, reserved);
  LAYOUT_FIELD(entail_open_options_t, on_output);
  LAYOUT_STRUCT(entail_ingest_receipt_t);
  LAYOUT_FIELD(entail_ingest_receipt_t, struct_size);
  LAYOUT_FIELD(entail_ingest_receipt_t, signal);
  LAYOUT_FIELD(entail_ingest_receipt_t, spans);
  LAYOUT_FIELD(entail_ingest_receipt_t, values_lost);
  LAYOUT_FIELD(entail_ingest_receipt_t, end_time_max_ns);
  LAYOUT_FIELD(entail_ingest_receipt_t, spans_rejected);
}

static void add_second(void) {
  LAYOUT_STRUCT(entail_statistics_t);
  LAYOUT_FIELD(entail_statistics_t, struct_size);
  LAYOUT_FIELD(entail_statistics_t, reserved);
  LAYOUT_FIELD(entail_statistics_t, spans_received);
  LAYOUT_FIELD(entail_statistics_t, spans_emitted);
  LAYOUT_FIELD(entail_statistics_t, spans_dropped);
  LAYOUT_FIELD(entail_statistics_t, spans_rejected);
  LAYOUT_FIELD(entail_statistics_t, spans_lost);
  LAYOUT_FIELD(entail_statistics_t, spans_held);
  LAYOUT_FIELD(entail_statistics_t, traces_received);
  LAYOUT_FIELD(entail_statistics_t, traces_kept);
  LAYOUT_FIELD(entail_statistics_t, traces_dropped);
  LAYOUT_FIELD(entail_statistics_t, traces_pending);
  LAYOUT_FIELD(entail_statistics_t, traces_kept_by_link);
  LAYOUT_FIELD(entail_statistics_t, traces_origin);
  LAYOUT_FIELD(entail_statistics_t, traces_revived);
  LAYOUT_FIELD(entail_statistics_t, links_received);
  LAYOUT_FIELD(entail_statistics_t, links_edges);
  LAYOUT_FIELD(entail_statistics_t, links_same_trace);
  LAYOUT_FIELD(entail_statistics_t, links_null_target);
  LAYOUT_FIELD(entail_statistics_t, links_invalid);
  LAYOUT_FIELD(entail_statistics_t, links_bad_tracestate);
  LAYOUT_FIELD(entail_statistics_t, links_duplicates);
  LAYOUT_FIELD(entail_statistics_t, links_sampled_spans);
  LAYOUT_FIELD(entail_statistics_t, links_emitted);
  LAYOUT_FIELD(entail_statistics_t, links_dropped);
  LAYOUT_FIELD(entail_statistics_t, links_restored);
  LAYOUT_FIELD(entail_statistics_t, links_held);
  LAYOUT_FIELD(entail_statistics_t, memory_spans_bytes);
  LAYOUT_FIELD(entail_statistics_t, memory_graph_bytes);
  LAYOUT_FIELD(entail_statistics_t, memory_records_bytes);
  LAYOUT_FIELD(entail_statistics_t, memory_total_bytes);
  LAYOUT_FIELD(entail_statistics_t, memory_peak_bytes);
  LAYOUT_FIELD(entail_statistics_t, waiting_bytes);
  LAYOUT_FIELD(entail_statistics_t, decisions_lost);
  LAYOUT_FIELD(entail_statistics_t, memory_process_peak_bytes);
  LAYOUT_FIELD(entail_statistics_t, lanes_in_use);
  LAYOUT_FIELD(entail_statistics_t, lanes_stalled);
  LAYOUT_FIELD(entail_statistics_t, lanes_stalled_ticks);
  LAYOUT_FIELD(entail_statistics_t, rank_seed);
  LAYOUT_FIELD(entail_statistics_t, output_waiting_batches);
  LAYOUT_FIELD(entail_statistics_t, output_waiting_spans);
  LAYOUT_FIELD(entail_statistics_t, output_waiting_bytes);
  LAYOUT_FIELD(entail_statistics_t, output_unacknowledged_batches);
  LAYOUT_FIELD(entail_statistics_t, output_repeated_offers);
  LAYOUT_STRUCT(entail_named_count_t);
  LAYOUT_FIELD(entail_named_count_t, name);
  LAYOUT_FIELD(entail_named_count_t, count);
  LAYOUT_STRUCT(entail_loss_info_t);
  LAYOUT_FIELD(entail_loss_info_t, struct_size);
  LAYOUT_FIELD(entail_loss_info_t, reserved);
  LAYOUT_FIELD(entail_loss_info_t, name);
  LAYOUT_FIELD(entail_loss_info_t, severity);
  LAYOUT_FIELD(entail_loss_info_t, help);
}

static void add_third(void) {
  LAYOUT_STRUCT(entail_output_trace_t);
  LAYOUT_FIELD(entail_output_trace_t, trace_id);
  LAYOUT_FIELD(entail_output_trace_t, offset);
  LAYOUT_FIELD(entail_output_trace_t, size);
  LAYOUT_FIELD(entail_output_trace_t, span_count);
  LAYOUT_FIELD(entail_output_trace_t, flags);
  LAYOUT_FIELD(entail_output_trace_t, reserved);
  LAYOUT_STRUCT(entail_output_t);
  LAYOUT_FIELD(entail_output_t, struct_size);
  LAYOUT_FIELD(entail_output_t, reserved);
  LAYOUT_FIELD(entail_output_t, id);
  LAYOUT_FIELD(entail_output_t, traces_data);
  LAYOUT_FIELD(entail_output_t, traces_data_size);
  LAYOUT_FIELD(entail_output_t, span_count);
  LAYOUT_FIELD(entail_output_t, traces);
  LAYOUT_FIELD(entail_output_t, trace_count);
  LAYOUT_STRUCT(entail_near_policy_t);
  LAYOUT_FIELD(entail_near_policy_t, policy);
  LAYOUT_FIELD(entail_near_policy_t, why);
  LAYOUT_FIELD(entail_near_policy_t, value);
  LAYOUT_FIELD(entail_near_policy_t, threshold);
}

int main(int argc, char** argv) {
  static char expected[LAYOUT_BYTES_MAX];
  FILE* file;
  size_t size;
  add_first();
  add_second();
  add_third();
  if (argc < 2) {
    fputs(layout, stdout);
    return 0;
  }
  file = fopen(argv[1], "rb");
  if (file == NULL) return 2;
  size = fread(expected, 1, sizeof expected - 1, file);
  fclose(file);
  if (size == layout_size && memcmp(expected, layout, size) == 0) return 0;
  printf("the structs are not as %s says; they are:\n%s", argv[1], layout);
  return 1;
}
