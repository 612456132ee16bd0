import { expect, test } from 'vitest';
import { engine } from '@plinth/testkit/services';
import { advance } from '@plinth/testkit/factories';
import { testApp } from '@plinth/testkit/services/app';

test.runIf(engine === 'postgres')(
  'the signing key is followed by another when it is 90 days old, by itself',
  async () => {
    const app = await testApp();
    const kids = async () => {
      const { headers, body } = await app.call(undefined, 'GET /.well-known/jwks.json');
      expect(headers.get('cache-control')).toBe('public, max-age=300');
      return (body['keys'] as { kid: string }[]).map(({ kid }) => kid);
    };
    const [first, ...more] = await kids();
    expect(more).toEqual([]);
    await advance(app.db, '91 days');
    app.app.modules.jobs.wake();
    await expect.poll(kids, { timeout: 120_000 }).toEqual([expect.any(String), first]);
  },
);
