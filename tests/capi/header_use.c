/* Uses everything of entail.h that a compiler sees, so that it is good C11 and good C++20 with every warning. */
#include "entail/entail.h"

void use_macros(void);
void use_macros(void) {
  entail_error_t error = ENTAIL_ERROR_INIT;
  entail_decision_t decision = ENTAIL_DECISION_INIT;
  entail_open_options_t options = ENTAIL_OPEN_OPTIONS_INIT;
  entail_ingest_receipt_t receipt = ENTAIL_INGEST_RECEIPT_INIT;
  entail_statistics_t statistics = ENTAIL_STATISTICS_INIT;
  entail_loss_info_t info = ENTAIL_LOSS_INFO_INIT;
  entail_output_t output = ENTAIL_OUTPUT_INIT;
  entail_engine_t* engine = NULL;
  entail_status_t status = entail_engine_open(&options, "", 0, &engine, &error);
  if (status == ENTAIL_OK) status = entail_poll_decision(engine, &decision, &error);
  if (status == ENTAIL_OK) status = entail_ingest_otlp(engine, NULL, 0, &receipt, &error);
  if (status == ENTAIL_OK) status = entail_statistics(engine, &statistics, &error);
  if (status == ENTAIL_OK) status = entail_acknowledge(engine, output.id, ENTAIL_DELIVERY_FAILED, &error);
  if (status == ENTAIL_OK) status = entail_offer_output(engine, NULL, &error);
  if (status == ENTAIL_OK) status = entail_loss_info(0, &info, &error);
  if (status != ENTAIL_OK && ENTAIL_ABI_VERSION == entail_abi_version()) entail_engine_close(engine);
}
