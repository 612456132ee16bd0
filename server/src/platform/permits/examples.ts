/** Answers as the docs show them: of the one feature in the house that is open to backends outside. */
const permitId = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a04';

export const wanted = {
  product: 'gateway',
  feature: 'external',
  estimate: { model: 'openai/gpt-4o', prompt_tokens: 800, completion_tokens: 400 },
  ttl_seconds: 120,
};

export const delegated = {
  permit_id: permitId,
  product: 'gateway',
  feature: 'external',
  units: 1,
  reserve_micros: 6_000,
  status: 'running',
  expires_at: '2026-11-20T08:02:00.000Z',
};

export const previewing = {
  product: 'gateway',
  feature: 'external',
  model: 'openai/gpt-4o',
  prompt_tokens: '800',
  completion_tokens: '400',
};

export const preview = {
  admitted: true,
  product: 'gateway',
  feature: 'external',
  units: 1,
  reserve_micros: 6_000,
  refusal: null,
};

export const settling = {
  usage: {
    model: 'openai/gpt-4o',
    provider_request_id: 'chatcmpl-9',
    prompt_tokens: 812,
    completion_tokens: 127,
  },
};

export const settled = { permit_id: permitId, status: 'settled', units: 1, cost_micros: 3_300 };

export const shown = {
  ...delegated,
  subject: null,
  status: 'settled',
  reason: null,
  cost_micros: 3_300,
  estimated: false,
  created_at: '2026-11-20T08:00:00.000Z',
};

export const events = [
  {
    id: '6f1b6b3c-8b9d-4d55-9a0e-2f4f6f6f1a01',
    product: 'gateway',
    feature: 'external',
    at: '2026-11-20T07:59:30.000Z',
    ...settling,
  },
  {
    id: '6f1b6b3c-8b9d-4d55-9a0e-2f4f6f6f1a02',
    product: 'gateway',
    feature: 'external',
    units: 3,
    cost_micros: 1_200,
  },
];

export const reported = {
  data: [
    { id: events[0]?.id, status: 'posted' },
    { id: events[1]?.id, status: 'duplicate' },
  ],
};
