import { declareErrors } from '#platform/kernel';
// model_unknown, permit_stale and the codes of denials are declared there.
import '#platform/ai';
import '#platform/limits';

declareErrors({
  feature_not_open: {
    status: 403,
    message: 'No feature has this name, or this caller cannot take permits for it over HTTP.',
  },
  permit_settled: { status: 409, message: 'This permit was settled before, with other figures.' },
});
