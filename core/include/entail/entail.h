/* The C interface of Entail: OTLP bytes in, kept OTLP bytes and decisions out.
 *
 * An engine ingests trace requests from any number of threads (entail_ingest_*) and decides in entail_tick(). It passes
 * the kept spans to callbacks during that call, or queues them for polling. It owns no threads, clock, files or logs:
 * time is an input. docs/embedding.md describes how to handle each status.
 *
 * Rules
 *   handles    opaque; *_close() accepts NULL. Calls on a closed handle return ENTAIL_E_CLOSED until its memory is
 *              reused for another engine, at least 64 closings later. A pointer that never was a handle is undefined
 *              behaviour.
 *   structs    begin with struct_size, set by the *_INIT macro. If it is smaller than this library's struct, missing
 *              fields have their defaults or are not written. If it is larger, the unknown tail must be zero.
 *              Otherwise, and for an impossible size, calls return ENTAIL_E_ABI.
 *   errors     details are written to an optional struct of the caller (error may be NULL; an uninitialised struct is
 *              not written). Only handles have to be freed.
 *   threads    any number in entail_ingest_*() and entail_acknowledge(); one at a time in all other calls on an engine,
 *              otherwise ENTAIL_E_BUSY.
 *   No C++ exception leaves the library, and no input makes it abort. Opening and ingesting survive any failed
 *   allocation; for ticks see entail_tick().
 *
 * The header is C11 and C++20. Numbers are frozen; retired ones are never used again.
 */
#ifndef ENTAIL_ENTAIL_H_
#define ENTAIL_ENTAIL_H_

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ENTAIL_API __attribute__((visibility("default")))
#else
#define ENTAIL_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Major: breaks. Minor: grows by additions only. The library's file is libentail.so.MAJOR. */
#define ENTAIL_ABI_MAJOR 1u
#define ENTAIL_ABI_MINOR 3u
#define ENTAIL_ABI_VERSION (ENTAIL_ABI_MAJOR << 16 | ENTAIL_ABI_MINOR)

typedef int32_t entail_status_t;
#define ENTAIL_OK 0
#define ENTAIL_NOTHING 1         /* polling: nothing is waiting; not an error */
#define ENTAIL_E_ARGUMENT 2      /* a required pointer is NULL, or a number is out of range */
#define ENTAIL_E_ABI 3           /* another major, a newer minor, or a struct whose unknown tail is not zero */
#define ENTAIL_E_CONFIG 4        /* invalid configuration; the error has line, column and a message */
#define ENTAIL_E_MEMORY 5        /* the system is out of memory */
#define ENTAIL_E_MALFORMED 6     /* not OTLP; the error has the byte offset */
#define ENTAIL_E_NO_ROOM 7       /* memory_limit is reached: entail_tick() with the same now, then retry, a few times */
#define ENTAIL_E_BUSY 8          /* too many callers, a second one where one is allowed, or a call from a callback */
#define ENTAIL_E_TIME_REVERSED 9 /* now is negative, or earlier than in the last tick */
#define ENTAIL_E_CLOSED 10       /* ingest or tick after entail_drain(), or any call after entail_engine_close() */
#define ENTAIL_E_NOT_FOUND 11    /* never seen, or forgotten */
#define ENTAIL_E_BUFFER 12       /* the buffer is too small; *size is the size needed */
#define ENTAIL_E_TOO_LARGE 13    /* larger than a quarter of memory_limit, or needs three quarters: can never fit */
#define ENTAIL_E_INTERNAL 14     /* a defect of the library */

/* Details of a failure. Written when a call fails; unchanged when it returns ENTAIL_OK or ENTAIL_NOTHING. */
typedef struct entail_error_t {
  uint32_t struct_size;
  entail_status_t status; /* what the call returned; at this offset in every version of this struct */
  uint64_t offset;        /* byte of the input; 0 if not applicable */
  uint32_t line;          /* of the configuration, from 1; 0 = none */
  uint32_t column;        /* from 1; 0 = none */
  char message[240];      /* NUL-terminated; truncated if longer */
} entail_error_t;
#define ENTAIL_ERROR_INIT {(uint32_t)sizeof(entail_error_t), 0, 0, 0, 0, {0}}

typedef struct entail_engine entail_engine_t; /* opaque */

#include "entail/entail_decision.h" /* entail_decision_t */

/* One trace's spans in a batch: a TracesData message of their own. Comes in arrays, so it never grows. */
typedef struct entail_output_trace_t {
  uint8_t trace_id[16];
  uint64_t offset; /* of the message in traces_data; the first begins at 0, and the others follow without gaps */
  uint64_t size;
  uint64_t span_count;
  uint32_t flags; /* ENTAIL_OUTPUT_* */
  uint32_t reserved;
} entail_output_trace_t;

#define ENTAIL_OUTPUT_FIRST 1u     /* of the first emission of the trace; later emissions are its late spans */
#define ENTAIL_OUTPUT_CONTINUES 2u /* the batch was full: more of this emission comes first in the next one */

/* One batch for on_output. */
typedef struct entail_output_t {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t id;                /* ascending from 1; a gap is a batch that was lost (output_full) */
  const uint8_t* traces_data; /* the messages of all traces; protobuf reads them as one TracesData message */
  uint64_t traces_data_size;
  uint64_t span_count;
  const entail_output_trace_t* traces; /* each trace once */
  uint64_t trace_count;
} entail_output_t;
#define ENTAIL_OUTPUT_INIT {(uint32_t)sizeof(entail_output_t), 0, 0, NULL, 0, 0, NULL, 0}

/* Answers of on_output; any other number means ENTAIL_ANSWER_DECLINED. */
#define ENTAIL_ANSWER_ACCEPTED 0u /* delivered: the engine forgets the batch */
#define ENTAIL_ANSWER_DECLINED 1u /* not now: it is offered again in the next tick, before any newer batch */
#define ENTAIL_ANSWER_DEFERRED 2u /* delivery has begun: traces_data stays valid until entail_acknowledge() */

/* Outcomes for entail_acknowledge(). */
#define ENTAIL_DELIVERY_DELIVERED 0u
#define ENTAIL_DELIVERY_FAILED 1u /* the batch is offered again in the next tick */

/* Callbacks run inside entail_tick(), entail_drain() and entail_offer_output(), on the thread that calls them. What
   they get is borrowed until they return, except traces_data of a deferred batch. They may not call back into the same
   engine (ENTAIL_E_BUSY), except by entail_acknowledge(), nor leave by longjmp or an exception. */
typedef void (*entail_on_batch_t)(void* user, const uint8_t* traces_data, size_t traces_data_size, uint64_t span_count);
typedef void (*entail_on_decision_t)(void* user, const entail_decision_t* decision);
/* Offers a batch; returns ENTAIL_ANSWER_*. */
typedef uint32_t (*entail_on_output_t)(void* user, const entail_output_t* batch);
/* One message about a configuration; text is NUL-terminated. */
typedef void (*entail_on_config_message_t)(void* user, uint32_t is_error, uint32_t line, uint32_t column,
                                           const char* text);

#define ENTAIL_OPEN_POLL_DECISIONS 1u /* keep decision records for entail_poll_decision() */

typedef struct entail_open_options_t {
  uint32_t struct_size;
  uint32_t flags;                   /* ENTAIL_OPEN_* */
  void* user;                       /* passed to the callbacks */
  entail_on_batch_t on_batch;       /* NULL: batches wait for entail_poll_batch() */
  entail_on_decision_t on_decision; /* NULL: records are built only for polling */
  uint64_t output_batch_bytes_max;  /* emitted batches are split at a span boundary before this size; 0 = 4 MiB */
  uint64_t table_seed;              /* of the trace table's hash; 0: drawn at random. No result depends on it */
  uint32_t ingest_lanes_max;        /* callers inside entail_ingest_*() at once, 1 to 256; 0 = 64 */
  uint32_t reserved;                /* 0 */
  /* since ABI 1.2 */
  entail_on_output_t on_output; /* in the place of on_batch, which must be NULL then: it may decline or defer batches */
} entail_open_options_t;
#define ENTAIL_OPEN_OPTIONS_INIT {(uint32_t)sizeof(entail_open_options_t), 0, NULL, NULL, NULL, 0, 0, 0, 0, NULL}

/* The result of ingesting one request. */
typedef struct entail_ingest_receipt_t {
  uint32_t struct_size;
  uint32_t signal;         /* ENTAIL_SIGNAL_*: JSON of another signal is ignored, without an error */
  uint64_t spans;          /* in the request, refused ones included */
  uint64_t values_lost;    /* JSON values that protobuf cannot represent; only the value is dropped */
  int64_t end_time_max_ns; /* the largest plausible end time of its spans, by which a clock may advance; 0 = none */
  uint64_t spans_rejected; /* spans rejected for invalid IDs; the others were ingested */
} entail_ingest_receipt_t;
#define ENTAIL_INGEST_RECEIPT_INIT {(uint32_t)sizeof(entail_ingest_receipt_t), 0, 0, 0, 0, 0}

#define ENTAIL_SIGNAL_TRACES 0u
#define ENTAIL_SIGNAL_LOGS 1u
#define ENTAIL_SIGNAL_METRICS 2u
#define ENTAIL_SIGNAL_PROFILES 3u

/* Counts since the engine was opened.
   spans_received = emitted + dropped + rejected + lost + held; links_received = emitted + dropped + held;
   links_received = edges + same_trace + null_target + invalid. */
typedef struct entail_statistics_t {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t spans_received;
  uint64_t spans_emitted;
  uint64_t spans_dropped;  /* with their traces */
  uint64_t spans_rejected; /* for invalid IDs; ENTAIL_COUNTS_SPANS_REJECTED */
  uint64_t spans_lost;     /* ENTAIL_COUNTS_SPANS_LOST */
  uint64_t spans_held;     /* pending or retained, or kept and not yet accepted or acknowledged by on_output */
  uint64_t traces_received;
  uint64_t traces_kept; /* traces_kept_by_link included */
  uint64_t traces_dropped;
  uint64_t traces_pending;
  uint64_t traces_kept_by_link;
  uint64_t traces_origin;
  uint64_t traces_revived;
  uint64_t links_received;
  uint64_t links_edges; /* to other traces */
  uint64_t links_same_trace;
  uint64_t links_null_target;
  uint64_t links_invalid; /* ENTAIL_COUNTS_LINKS_INVALID */
  uint64_t links_bad_tracestate;
  uint64_t links_duplicates;
  uint64_t links_sampled_spans; /* spans of which not all links were emitted */
  uint64_t links_emitted;
  uint64_t links_dropped; /* with their spans, or by truncation */
  uint64_t links_restored;
  uint64_t links_held;
  uint64_t memory_spans_bytes;
  uint64_t memory_graph_bytes;
  uint64_t memory_records_bytes;
  uint64_t memory_total_bytes; /* what memory_limit bounds */
  uint64_t memory_peak_bytes;  /* the largest memory_total_bytes so far */
  uint64_t waiting_bytes;      /* waiting to be polled; not part of memory_total_bytes, and bounded only by polling */
  uint64_t decisions_lost;     /* records lost because the system was out of memory */
  /* since ABI 1.1 */
  uint64_t memory_process_peak_bytes; /* the largest resident set of the whole process so far */
  uint64_t lanes_in_use;              /* callers inside entail_ingest_*() */
  uint64_t lanes_stalled;             /* of these, inside one call since before the last two ticks */
  uint64_t lanes_stalled_ticks;       /* of the one that has been inside for longest */
  uint64_t rank_seed;                 /* links.propagate.rank_seed, or drawn when the engine was opened */
  /* since ABI 1.2: output that on_output has not accepted, or that is not acknowledged */
  uint64_t output_waiting_batches;        /* unacknowledged ones included; so are spans and bytes */
  uint64_t output_waiting_spans;          /* counted in spans_held */
  uint64_t output_waiting_bytes;          /* counted in memory_total_bytes */
  uint64_t output_unacknowledged_batches; /* deferred */
  uint64_t output_repeated_offers;        /* of batches that were offered before */
} entail_statistics_t;
/* clang-format off */
#define ENTAIL_STATISTICS_INIT                                                                                       \
  {(uint32_t)sizeof(entail_statistics_t), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
/* clang-format on */

/* One row of a table of counts (ENTAIL_COUNTS_*). An array element, so the struct never grows. */
typedef struct entail_named_count_t {
  const char* name; /* NUL-terminated; lives as long as the engine */
  uint64_t count;
} entail_named_count_t;

#define ENTAIL_COUNTS_LOSSES 0u         /* every loss of the loss table, zeros included, always in the same order */
#define ENTAIL_COUNTS_KEPT_BY_POLICY 1u /* traces, by the policy that kept them, in the order of the configuration */
#define ENTAIL_COUNTS_SPANS_REJECTED 2u /* by reason */
#define ENTAIL_COUNTS_LINKS_INVALID 3u  /* by reason */
#define ENTAIL_COUNTS_SPANS_LOST 4u     /* by loss */
/* since ABI 1.3 */
/* traces kept because of a link, by direction and hops: "linked/1", "mixed/3" */
#define ENTAIL_COUNTS_KEPT_BY_LINK 5u
/* kept traces, by the engine time in seconds from the arrival of their first span to the decision: "1", "2", "5", ...,
   "+Inf". A row counts those of at most so many that are longer than the row before. Always all rows in this order */
#define ENTAIL_COUNTS_KEPT_BY_LAG 6u

/* One row of the loss table, for help texts and metrics. Static strings. */
typedef struct entail_loss_info_t {
  uint32_t struct_size;
  uint32_t reserved;
  const char* name;
  const char* severity; /* info, warning, error */
  const char* help;
} entail_loss_info_t;
#define ENTAIL_LOSS_INFO_INIT {(uint32_t)sizeof(entail_loss_info_t), 0, NULL, NULL, NULL}

/* entail_abi_version: ENTAIL_ABI_VERSION of the loaded library.
   threads    any
   blocks     never
   allocates  never
   borrows    nothing
   on error   cannot fail
   since      ABI 1.0 */
ENTAIL_API uint32_t entail_abi_version(void);

/* entail_version: the version of the library, such as "0.1.0"; static.
   threads    any
   blocks     never
   allocates  never
   borrows    nothing
   on error   cannot fail
   since      ABI 1.0 */
ENTAIL_API const char* entail_version(void);

/* entail_status_text: a short description of a status; static, never NULL.
   threads    any
   blocks     never
   allocates  never
   borrows    nothing
   on error   "unknown status" for an unknown number
   since      ABI 1.0 */
ENTAIL_API const char* entail_status_text(entail_status_t status);

/* entail_config_check: checks a configuration and reports every error and warning, in the order of the text.
   threads    any
   blocks     never
   allocates  temporarily; freed before it returns
   borrows    yaml, until return; the callback's text until the callback returns
   on error   ENTAIL_E_CONFIG, with the first error in *error; on_message (may be NULL) was called for each
   since      ABI 1.0 */
ENTAIL_API entail_status_t entail_config_check(const char* yaml, size_t yaml_size,
                                               entail_on_config_message_t on_message, void* user,
                                               entail_error_t* error);

/* entail_config_defaults: every option with its default, bounds and help, as commented YAML; static and
   NUL-terminated.
   threads    any
   blocks     only the first call, while it formats the text
   allocates  only in the first call; never freed
   borrows    nothing
   on error   NULL if the system is out of memory
   since      ABI 1.0 */
ENTAIL_API const char* entail_config_defaults(void);

/* entail_engine_open: opens an engine with a YAML configuration; use the macro below. If options is NULL there are no
   callbacks, and numbers have their defaults. For warnings about the configuration call entail_config_check().
   threads    any
   blocks     never
   allocates  the engine, until entail_engine_close(); the 32 bytes of the handle are never freed but reused for another
              engine. Later calls allocate within memory_limit and one request per caller
   borrows    options and yaml, until return; options->user and the callbacks until entail_engine_close()
   on error   *engine is NULL and everything is freed, except what RE2 leaks when it runs out of memory in a regular
              expression. ENTAIL_E_CONFIG: error has the position in the configuration.
              ENTAIL_E_ABI, checked first: the caller was built for another major or a newer minor
   since      ABI 1.0 */
ENTAIL_API entail_status_t entail_engine_open_abi(uint32_t abi_version, const entail_open_options_t* options,
                                                  const char* yaml, size_t yaml_size, entail_engine_t** engine,
                                                  entail_error_t* error);
#define entail_engine_open(options, yaml, yaml_size, engine, error) \
  entail_engine_open_abi(ENTAIL_ABI_VERSION, (options), (yaml), (yaml_size), (engine), (error))

/* entail_engine_close: frees the engine. Pending traces are not decided: call entail_drain() first. Batches that
   on_output has not accepted are not delivered: call entail_offer_output() first, until nothing waits.
   threads    one, with no other call on this engine running
   blocks     never
   allocates  never
   borrows    nothing; everything borrowed from the engine becomes invalid
   on error   does nothing for NULL, for a closed engine, and inside a callback of the engine
   since      ABI 1.0 */
ENTAIL_API void entail_engine_close(entail_engine_t* engine);

/* entail_ingest_otlp: ingests one ExportTraceServiceRequest (or TracesData) in protobuf, whole or not at all. Its
   arrival time is the now of the last tick.
   threads    any number at once on one engine, also during entail_tick()
   blocks     never; ENTAIL_E_NO_ROOM if memory_limit is reached, ENTAIL_E_BUSY if all lanes are in use,
              ENTAIL_E_TOO_LARGE for a request that can never fit
   allocates  inside, within memory_limit; besides, the calling thread's parser takes up to 6 bytes per byte of the
              request and 112 per span (8 and 112 for JSON), and keeps up to 8 MiB of them for the next request
   borrows    bytes, until return
   on error   nothing of the request was ingested; receipt (may be NULL) is still written; error has the byte offset
   since      ABI 1.0 */
ENTAIL_API entail_status_t entail_ingest_otlp(entail_engine_t* engine, const uint8_t* bytes, size_t bytes_size,
                                              entail_ingest_receipt_t* receipt, entail_error_t* error);

/* entail_ingest_otlp_json: the same for OTLP/JSON. Other signals are ignored: ENTAIL_OK, and receipt has the signal.
   threads    as entail_ingest_otlp()
   blocks     as entail_ingest_otlp()
   allocates  as entail_ingest_otlp()
   borrows    text, until return
   on error   as entail_ingest_otlp()
   since      ABI 1.0 */
ENTAIL_API entail_status_t entail_ingest_otlp_json(entail_engine_t* engine, const char* text, size_t text_size,
                                                   entail_ingest_receipt_t* receipt, entail_error_t* error);

/* entail_tick: decides the traces that are due at now_ns, propagates keeps over links, and emits kept traces. Call it
   about once a second, with the nanoseconds of a monotonic clock.
   threads    one at a time (a second one gets ENTAIL_E_BUSY); entail_ingest_*() may run concurrently
   blocks     never, except in the callbacks
   allocates  within memory_limit, and the output that waits to be polled
   borrows    nothing
   on error   nothing was decided, except with ENTAIL_E_MEMORY. If there was no memory to queue output for polling, that
              output is lost and counted (out_of_memory, decisions_lost); everything else was done. If there was no
              memory to decide, everything that the engine held is lost and counted (out_of_memory): from then on ingest
              returns ENTAIL_E_CLOSED and ticks return ENTAIL_E_MEMORY, while counts and polling still work. Open
              another engine
   since      ABI 1.0 */
ENTAIL_API entail_status_t entail_tick(entail_engine_t* engine, int64_t now_ns, entail_error_t* error);

/* entail_drain: ends the input with a last tick in which every trace is due. From the first call on, the engine ingests
   nothing more; polling, counts and explanations still work.
   threads    as entail_tick()
   blocks     as entail_tick()
   allocates  as entail_tick()
   borrows    nothing
   on error   ENTAIL_E_BUSY also while a caller is inside ingest: nothing was decided; call again, so that what that
              caller ingests is decided, too. Else as entail_tick()
   since      ABI 1.0 */
ENTAIL_API entail_status_t entail_drain(entail_engine_t* engine, int64_t now_ns, entail_error_t* error);

/* entail_offer_output: offers waiting batches to on_output again, as every tick does first. Call it after
   entail_drain() or between ticks. *waiting (may be NULL) is the number that still wait, unacknowledged ones included.
   threads    as entail_tick()
   blocks     never, except in the callback
   allocates  a buffer that is kept for the next batch
   borrows    nothing
   on error   nothing was offered
   since      ABI 1.2 */
ENTAIL_API entail_status_t entail_offer_output(entail_engine_t* engine, uint64_t* waiting, entail_error_t* error);

/* entail_acknowledge: reports the outcome of a deferred batch, ENTAIL_DELIVERY_*. Its traces_data becomes invalid.
   threads    any, also inside on_output, even before the call of on_output that defers the batch has returned
   blocks     only for the few instructions of a lookup by another thread; never for a tick or a callback
   allocates  never
   borrows    nothing
   on error   ENTAIL_E_NOT_FOUND: no such batch is deferred; it was never offered, or is already acknowledged
   since      ABI 1.2 */
ENTAIL_API entail_status_t entail_acknowledge(entail_engine_t* engine, uint64_t batch_id, uint32_t outcome,
                                              entail_error_t* error);

/* entail_poll_batch: copies the oldest emitted batch into buffer: one TracesData message, which is also an
   ExportTraceServiceRequest. *size is its size, *span_count (may be NULL) the number of its spans.
   threads    one at a time, and not during entail_tick()
   blocks     never
   allocates  never; frees the copied batch
   borrows    buffer, until return
   on error   ENTAIL_NOTHING: none waits, *size is 0. ENTAIL_E_BUFFER: *size bytes are needed; the batch still waits
   since      ABI 1.0 */
ENTAIL_API entail_status_t entail_poll_batch(entail_engine_t* engine, uint8_t* buffer, size_t buffer_size, size_t* size,
                                             uint64_t* span_count, entail_error_t* error);

/* entail_poll_decision: removes the oldest waiting decision record. Needs ENTAIL_OPEN_POLL_DECISIONS.
   threads    one at a time, and not during entail_tick()
   blocks     never
   allocates  a buffer that is kept for the next record
   borrows    nothing; the pointers in *decision hold until the next entail_poll_decision() or entail_engine_close()
   on error   ENTAIL_NOTHING: none waits. With other errors the record still waits
   since      ABI 1.0 */
ENTAIL_API entail_status_t entail_poll_decision(entail_engine_t* engine, entail_decision_t* decision,
                                                entail_error_t* error);

/* entail_statistics: the counts so far; exact while no entail_ingest_*() runs concurrently.
   threads    one at a time, and not during entail_tick()
   blocks     never
   allocates  temporarily; freed before it returns
   borrows    nothing
   on error   *statistics is unchanged
   since      ABI 1.0 */
ENTAIL_API entail_status_t entail_statistics(entail_engine_t* engine, entail_statistics_t* statistics,
                                             entail_error_t* error);

/* entail_counts: one table of named counts (ENTAIL_COUNTS_*). Writes at most `capacity` of them; *count is the number
   of rows in the table.
   threads    one at a time, and not during entail_tick()
   blocks     never
   allocates  temporarily; freed before it returns
   borrows    nothing; the names live as long as the engine
   on error   ENTAIL_E_BUFFER: there are more than `capacity`; those that fit were written
   since      ABI 1.0 */
ENTAIL_API entail_status_t entail_counts(entail_engine_t* engine, uint32_t table, entail_named_count_t* counts,
                                         size_t capacity, size_t* count, entail_error_t* error);

/* entail_loss_info: row `index` of the loss table, from 0, in the order of ENTAIL_COUNTS_LOSSES.
   threads    any
   blocks     never
   allocates  never
   borrows    nothing; the strings are static
   on error   ENTAIL_E_NOT_FOUND after the last row
   since      ABI 1.0 */
ENTAIL_API entail_status_t entail_loss_info(uint32_t index, entail_loss_info_t* info, entail_error_t* error);

/* entail_explain: why a trace was kept or dropped, and the states of its neighbours, as one JSON object: the decision
   record, `linked_states` and `linking_states`, arrays of {trace_id, state}, and `linking_total`. The arrays have at
   most 256 elements each; linked_total and linking_total count all neighbours.
   threads    one at a time, and not during entail_tick()
   blocks     never
   allocates  temporarily; freed before it returns
   borrows    buffer, until return; trace_id is 16 bytes
   on error   ENTAIL_E_NOT_FOUND: never seen, or forgotten. ENTAIL_E_BUFFER: *size bytes are needed
   since      ABI 1.0 */
ENTAIL_API entail_status_t entail_explain(entail_engine_t* engine, const uint8_t* trace_id, char* buffer,
                                          size_t buffer_size, size_t* size, entail_error_t* error);

/* entail_otlp_to_json: prints a TracesData message, as emitted, as OTLP/JSON on one line.
   threads    any
   blocks     never
   allocates  temporarily; freed before it returns
   borrows    bytes and buffer, until return
   on error   ENTAIL_E_MALFORMED; ENTAIL_E_BUFFER: *size bytes are needed
   since      ABI 1.0 */
ENTAIL_API entail_status_t entail_otlp_to_json(const uint8_t* bytes, size_t bytes_size, char* buffer,
                                               size_t buffer_size, size_t* size, entail_error_t* error);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* ENTAIL_ENTAIL_H_ */
