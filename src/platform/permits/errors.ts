import { declareErrors } from '#platform/kernel';
// model_unknown, permit_stale and the codes of denials are declared there.
import '#platform/ai';
import '#platform/limits';

declareErrors({
  feature_not_open: {
    status: 403,
    message: 'There is no feature of this name, or this caller gets no permits for it over HTTP.',
  },
  permit_settled: { status: 409, message: 'This permit was settled before, with other figures.' },
});
