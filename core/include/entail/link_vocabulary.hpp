// Common values of link attributes: keys, types and relationships. Only a vocabulary: a link may have any type, and the
// option links.propagate.types accepts any. `-` and `_` are equal in a type.
//
// Thread rule: Immutable.
#pragma once

#include <string_view>

namespace entail {
inline namespace v1 {

// The role of the linked span: values of link.type.
namespace link_type {
constexpr std::string_view kBatchSource = "batch_source";                  // sent an item of this batch
constexpr std::string_view kAsyncTrigger = "async_trigger";                // started this work without waiting for it
constexpr std::string_view kRetryPrevious = "retry_previous";              // the previous attempt
constexpr std::string_view kFanoutSource = "fanout_source";                // split into this work and others
constexpr std::string_view kFaninTarget = "fanin_target";                  // one of several inputs merged here
constexpr std::string_view kWorkflowPredecessor = "workflow_predecessor";  // the previous step
constexpr std::string_view kEventSource = "event_source";                  // published the event
constexpr std::string_view kScheduledTrigger = "scheduled_trigger";        // scheduled this job
}  // namespace link_type

// How the linking span relates to the linked one: values of link.relationship.
namespace link_relationship {
constexpr std::string_view kTriggeredBy = "triggered_by";
constexpr std::string_view kBatchMember = "batch_member";
constexpr std::string_view kFollowsFrom = "follows_from";
constexpr std::string_view kAggregates = "aggregates";
constexpr std::string_view kRetryOf = "retry_of";
constexpr std::string_view kCompensates = "compensates";
constexpr std::string_view kDerivedFrom = "derived_from";
}  // namespace link_relationship

// Keys of link attributes. Values are strings unless the comment says int.
namespace link_key {
constexpr std::string_view kType = "link.type";
constexpr std::string_view kRelationship = "link.relationship";
constexpr std::string_view kDelayMs = "link.delay_ms";        // from the linked span to this one, int
constexpr std::string_view kGapMs = "link.gap_ms";            // from the linked span's end to this one's start, int
constexpr std::string_view kBatchIndex = "link.batch.index";  // 0 for the first item, int
constexpr std::string_view kBatchSize = "link.batch.size";    // items, int
constexpr std::string_view kQueueName = "link.queue.name";
constexpr std::string_view kQueueDelayMs = "link.queue.delay_ms";  // time spent in the queue, int
constexpr std::string_view kRetryAttempt = "link.retry.attempt";   // 1 for the first repetition, int
constexpr std::string_view kRetryReason = "link.retry.reason";
constexpr std::string_view kWorkflowStep = "link.workflow.step";
constexpr std::string_view kWorkflowId = "link.workflow.id";
constexpr std::string_view kCorrelationId = "link.correlation_id";
constexpr std::string_view kStoredAgeMs = "link.stored_age_ms";  // the age of the context in its ContextStore, int
}  // namespace link_key

}  // namespace v1
}  // namespace entail
