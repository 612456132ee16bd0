/** Answers as the docs show them: of a product that does not exist, so that no price stands in two places. */
export const plan = {
  id: 'demo.pro',
  product: 'demo',
  name: 'Pro',
  price: { currency: 'usd', monthly: 2_000, yearly: null, also: {} },
  default: false,
  holds: 'both',
  trial_days: 14,
  per_seat: [],
  overage: { posts: 10_000 },
  grants: { posts: 100, exports: true },
};

export const priceList = {
  sold: true,
  data: [plan],
  add_ons: [
    {
      id: 'demo.boost',
      product: 'demo',
      name: 'Boost',
      price: { currency: 'usd', once: 900, also: {} },
      days: 30,
      lifts: 'demo.pro',
    },
  ],
  comparison: {
    demo: [
      { name: 'posts', kind: 'quota', per: 'month', unit: 'uses', plans: { 'demo.pro': 100 } },
      { name: 'exports', kind: 'boolean', per: null, unit: null, plans: { 'demo.pro': true } },
    ],
  },
};

export const entitlement = {
  product: 'demo',
  name: 'Demo',
  plan: 'demo.pro',
  plan_name: 'Pro',
  source: 'admin',
  add_ons: [{ id: 'demo.boost', expires_at: '2027-04-07T09:30:00.000Z' }],
  paid: [],
  quantity: null,
  grants: plan.grants,
  overage: {},
  used: { posts: 3 },
  left: { posts: 97 },
  resets_at: { posts: '2027-04-01T00:00:00.000Z' },
  until: null,
  grace: null,
  trial_available: true,
};

export const addOn = {
  id: '01960a1e-7c00-7000-8000-000000000003',
  product: 'demo',
  add_on: 'demo.boost',
  source: 'google_play',
  quantity: 1,
  bought_at: '2027-03-08T09:30:00.000Z',
  starts_at: '2027-03-08T09:30:00.000Z',
  ends_at: '2027-04-07T09:30:00.000Z',
  taken_back_at: null,
} as const;

export const grant = {
  id: '01960a1e-7c00-7000-8000-000000000001',
  account_id: '01960a1e-7c00-7000-8000-000000000002',
  product: 'demo',
  plan: 'demo.pro',
  add_on: null,
  source: 'admin',
  quantity: 1,
  starts_at: '2027-03-08T09:00:00.000Z',
  ends_at: null,
  days: null,
  cause: 'given by an admin',
  created_by: '01960a1e-7c00-7000-8000-000000000003',
  created_at: '2027-03-08T09:00:00.000Z',
  revoked_at: null,
};

export const credits = {
  id: '01960a1e-7c00-7000-8000-000000000004',
  account_id: grant.account_id,
  product: 'demo',
  limit: 'credits',
  source: 'admin',
  amount: 500,
  remaining: 500,
  expires_at: null,
  cause: 'given by an admin',
  created_at: '2027-03-08T09:00:00.000Z',
};
