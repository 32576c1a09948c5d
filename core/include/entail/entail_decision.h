/* Decision records of the C interface. Include entail.h, which includes this. */
#ifndef ENTAIL_ENTAIL_DECISION_H_
#define ENTAIL_ENTAIL_DECISION_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ENTAIL_VERDICT_UNDECIDED 0u /* only in entail_explain() */
#define ENTAIL_VERDICT_DROP 1u
#define ENTAIL_VERDICT_KEEP 2u

#define ENTAIL_DIRECTION_NONE 0u
#define ENTAIL_DIRECTION_LINKED 1u  /* along links, toward causes */
#define ENTAIL_DIRECTION_LINKING 2u /* against links, toward consequences */
#define ENTAIL_DIRECTION_MIXED 3u   /* mode: component */

#define ENTAIL_DECISION_ORIGIN 1u     /* its own keep is propagated */
#define ENTAIL_DECISION_REVIVED 2u    /* it had been dropped when a keep reached it */
#define ENTAIL_DECISION_HAS_ORIGIN 4u /* origin_trace_id is set */
#define ENTAIL_DECISION_HAS_HOPS 8u   /* hops is set */
/* since ABI 1.3 */
#define ENTAIL_DECISION_HAS_DETAIL 16u   /* the fields from root_service on are set: decisions.detail is full */
#define ENTAIL_DECISION_HAS_START 32u    /* start_ns is set */
#define ENTAIL_DECISION_HAS_DURATION 64u /* duration_ns is set */
#define ENTAIL_DECISION_HAS_ERROR 128u   /* error_service, error_name and error_message are set */

/* How close a policy came to keeping a dropped trace. Comes in arrays, so it never grows. */
typedef struct entail_near_policy_t {
  const char* policy; /* lives as long as the engine */
  const char* why;    /* for people: 4.9 s of 5 s */
  double value;       /* of the trace, in the unit of the threshold */
  double threshold;
} entail_near_policy_t;

/* One record of the decision log. Strings are NUL-terminated. */
typedef struct entail_decision_t {
  uint32_t struct_size;
  uint32_t verdict;   /* ENTAIL_VERDICT_* */
  uint32_t flags;     /* ENTAIL_DECISION_* */
  uint32_t direction; /* ENTAIL_DIRECTION_* */
  uint32_t hops;      /* edges between the origin and this trace */
  uint32_t revision;  /* 0 for the first record of a trace; the highest one is valid */
  uint8_t trace_id[16];
  uint8_t origin_trace_id[16];
  int64_t decided_at_ns;           /* engine time */
  uint64_t spans;                  /* received of this trace */
  uint64_t not_followed;           /* neighbours that its keep did not reach because of max_links_followed */
  uint64_t links_dropped_upstream; /* dropped by SDKs before they arrived */
  uint64_t linked_total;           /* distinct traces that it links to */
  const char* reason;              /* policy, link, no_match, drop_policy, too_large */
  const char* policy;              /* "" = none; lives as long as the engine */
  const char* loss;                /* "" = none; static */
  const uint8_t* path;             /* path_count trace IDs of 16 bytes: the origin first, this trace last */
  const uint8_t* linked;           /* linked_count trace IDs of 16 bytes, ascending, the 256 smallest */
  uint64_t path_count;
  uint64_t linked_count;
  const char* json; /* the record as one JSON object, without a newline */
  uint64_t json_size;
  /* since ABI 1.3, with ENTAIL_DECISION_HAS_DETAIL; texts have at most 256 bytes of UTF-8, "" = none */
  const char* root_service; /* of the span that carries the reason */
  const char* root_name;
  int64_t start_ns;    /* the earliest start of its spans, since 1970 */
  int64_t duration_ns; /* the latest end less the earliest start */
  uint64_t errors;     /* spans with status ERROR; the first of them: */
  const char* error_service;
  const char* error_name;
  const char* error_message;
  uint64_t bytes;              /* span bytes received */
  const char* const* services; /* service_count names, ascending, the 16 smallest */
  uint64_t service_count;
  const entail_near_policy_t* nearest; /* nearest_count policies of a dropped trace, in configuration order */
  uint64_t nearest_count;
} entail_decision_t;
/* clang-format off */
#define ENTAIL_DECISION_INIT                                                                                     \
  {(uint32_t)sizeof(entail_decision_t), 0, 0, 0, 0, 0, {0}, {0}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
/* clang-format on */

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* ENTAIL_ENTAIL_DECISION_H_ */
