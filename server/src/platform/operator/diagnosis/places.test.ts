import { expect, test } from 'vitest';
import { placesOf, withoutPlaces } from './diagnosis.ts';

const places = placesOf({
  dataDir: '/srv/my data',
  values: { REDIS_URL: 'redis://:secret@cache:6379', AI_CONFIG: './settings/ai.json' } as never,
});

test.each([
  ['/srv/my data', '…'],
  [
    'mails are written to /srv/my data/outbox, and go no further',
    'mails are written to …, and go no further',
  ],
  ['cache can not be reached (ECONNREFUSED).', '… can not be reached (ECONNREFUSED).'],
  ['prices 2026-11-20, ./settings/ai.json', 'prices 2026-11-20, …'],
  ['api.vendor.example:443 does not answer.', '… does not answer.'],
  ['delivers to https://hooks.example.com/v1/jobs?a=b', 'delivers to …'],
  ['10.0.0.7:5432 and [::1]:5432 and C:\\plinth\\data', '… and … and …'],
  ['PostgreSQL 18.4, 2 ms, up to date', 'PostgreSQL 18.4, 2 ms, up to date'],
  ['no price of own/gpt-4.1-mini (docs/gateway.md)', 'no price of own/gpt-4.1-mini (docs/gateway.md)'],
  ['GET /v1/admin/billing/inbox/dead lists them.', 'GET /v1/admin/billing/inbox/dead lists them.'],
])('of %j a platform admin reads %j', (says, shown) => {
  expect(withoutPlaces(says, places)).toBe(shown);
});
