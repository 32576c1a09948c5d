// The names by which links of the stories say what they mean: values of link.type and link.relationship, and the
// attributes beside them. Thread rule: Immutable.
#pragma once

#include <string_view>

namespace entail::cli {

// Values of link.type: how the linking trace came about.
constexpr std::string_view kBatchSource = "batch_source";
constexpr std::string_view kAsyncTrigger = "async_trigger";
constexpr std::string_view kRetryPrevious = "retry_previous";
constexpr std::string_view kFanoutSource = "fanout_source";
constexpr std::string_view kFaninTarget = "fanin_target";
constexpr std::string_view kWorkflowPredecessor = "workflow_predecessor";
constexpr std::string_view kEventSource = "event_source";
constexpr std::string_view kScheduledTrigger = "scheduled_trigger";

// Values of link.relationship: what the linking trace is to the linked one.
constexpr std::string_view kTriggeredBy = "triggered_by";
constexpr std::string_view kBatchMember = "batch_member";
constexpr std::string_view kFollowsFrom = "follows_from";
constexpr std::string_view kAggregates = "aggregates";
constexpr std::string_view kRetryOf = "retry_of";
constexpr std::string_view kCompensates = "compensates";
constexpr std::string_view kDerivedFrom = "derived_from";

// Keys of link attributes.
constexpr std::string_view kLinkType = "link.type";
constexpr std::string_view kLinkRelationship = "link.relationship";
constexpr std::string_view kLinkDelayMs = "link.delay_ms";
constexpr std::string_view kLinkGapMs = "link.gap_ms";
constexpr std::string_view kLinkBatchIndex = "link.batch.index";
constexpr std::string_view kLinkBatchSize = "link.batch.size";
constexpr std::string_view kLinkQueueName = "link.queue.name";
constexpr std::string_view kLinkQueueDelayMs = "link.queue.delay_ms";
constexpr std::string_view kLinkRetryAttempt = "link.retry.attempt";
constexpr std::string_view kLinkRetryReason = "link.retry.reason";
constexpr std::string_view kLinkWorkflowStep = "link.workflow.step";
constexpr std::string_view kLinkWorkflowId = "link.workflow.id";
constexpr std::string_view kLinkCorrelationId = "link.correlation_id";

}  // namespace entail::cli
