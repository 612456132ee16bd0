import { expect, test } from 'vitest';
import { gateway } from './index.ts';
import { gatewayCatalogue } from './plans.ts';
import { chat } from './routes.ts';

test('permit, route and policy agree: a ten-minute think is streamed whole, and no call outlives its permit', () => {
  const {
    timeouts: { firstByte = 0, firstToken = 0, idle = 0, total = 0 } = {},
    caps: { runTime = 0 } = {},
  } = gateway.policies?.['chat'] ?? {};
  const tenMinutes = 600_000;
  // OpenAI's own clients wait as long for a plain answer; a next try has time left.
  expect(firstByte).toBe(tenMinutes);
  expect(firstToken).toBeGreaterThan(70_000);
  expect(idle).toBeGreaterThan(40_000);
  expect(total).toBeGreaterThan(2 * tenMinutes);
  expect(runTime).toBeGreaterThanOrEqual(total);
  const routeSeconds = chat.shape.maxSeconds ?? 0;
  expect(routeSeconds * 1_000).toBeGreaterThan(runTime);
  expect(gatewayCatalogue.features['chat']?.longestSeconds).toBeGreaterThan(routeSeconds);
});
