/** Answers as the docs show them: of a product that does not exist. */
const ACCOUNT = '01960a1e-7c00-7000-8000-000000000002';

export const usageReport = {
  from: '2027-03-01',
  until: '2027-04-01',
  zone: 'Europe/Berlin',
  data: [
    {
      feature: 'post',
      model: 'sandbox-small',
      calls: 412,
      estimated_calls: 1,
      prompt_tokens: 170_000,
      cached_tokens: 12_000,
      completion_tokens: 126_000,
      reasoning_tokens: 0,
      cost_micros: 101_500,
      posted_micros: 101_200,
      estimated_micros: 500,
      corrections_micros: -200,
      charged_micros: 101_000,
    },
  ],
  next_cursor: null,
};

export const adjustment = {
  id: '01960a1e-7c00-7000-8000-000000000011',
  account_id: ACCOUNT,
  product: 'demo',
  limit: 'generations',
  event_id: null,
  counted_in: 'units' as const,
  asked: -5,
  applied: -5,
  reason: 'Five posts came out empty, ticket 4711',
  made_by: '01960a1e-7c00-7000-8000-000000000003',
  created_at: '2027-03-08T09:00:00.000Z',
};

export const sale = {
  product: 'demo',
  plan: 'demo.pro',
  currency: 'eur',
  gross_minor: 2_380,
  fee_minor: 84,
  tax_minor: 380,
  occurred_at: '2027-03-08T09:00:00.000Z',
  source: 'manual' as const,
  source_id: 'invoice-2027-0001',
};

export const recordedSale = {
  id: '01960a1e-7c00-7000-8000-000000000012',
  account_id: ACCOUNT,
  ...sale,
  net_minor: 1_916,
  created_at: '2027-03-31T12:00:00.000Z',
};

export const marginReport = {
  from: '2027-03-01',
  until: '2027-04-01',
  zone: 'UTC',
  data: [
    {
      month: '2027-03',
      currency: 'eur',
      product: 'demo',
      sales: 1,
      gross_minor: 2_380,
      fee_minor: 84,
      tax_minor: 380,
      net_minor: 1_916,
      cost_micros: 1_500_000,
      charged_micros: 1_480_000,
      cost_minor: 140,
      margin_minor: 1_776,
      rate: { date: '2024-06-28', usd_per_eur: '1.0705', currency_per_eur: '1' },
    },
  ],
  next_cursor: null,
  rates: { source: 'ecb-eurofxref-hist.csv', newest: '2024-06-28' },
};

export const revenueReport = {
  from: '2027-03-01',
  until: '2027-04-01',
  zone: 'UTC',
  data: [
    {
      month: '2027-03',
      product: 'demo',
      plan: 'demo.pro',
      currency: 'usd',
      sales: 12,
      gross_minor: 24_000,
      fee_minor: 1_056,
      tax_minor: 0,
      net_minor: 22_944,
      fees_missing: 0,
    },
  ],
  next_cursor: null,
};

export const recurringReport = {
  from: '2027-03-01',
  until: '2027-04-01',
  zone: 'UTC',
  data: [
    {
      month: '2027-03',
      currency: 'usd',
      product: 'demo',
      customers_before: 100,
      customers: 104,
      new_customers: 6,
      returned_customers: 1,
      churned_customers: 3,
      mrr_before_minor: 200_000,
      mrr_minor: 209_000,
      new_minor: 12_000,
      returned_minor: 2_000,
      expansion_minor: 3_000,
      contraction_minor: 2_000,
      churned_minor: 6_000,
      arr_minor: 2_508_000,
      logo_churn: 0.03,
      revenue_churn: 0.04,
    },
  ],
  next_cursor: null,
};
