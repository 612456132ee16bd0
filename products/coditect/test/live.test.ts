import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { testApp } from '@plinth/testkit/services/app';
import { officeOf } from '../../licences/test/sessions/office.ts';

const app = await testApp({ work: false });
const admin = await app.admin();

type Figures = Readonly<Record<string, unknown>>;

/** Follows until the server ends it, or a frame is the one that is looked for. */
function follow(frame: object, isLast: (figures: Figures, count: number) => boolean = () => false) {
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/v1/analytics/live`);
  const frames: Figures[] = [];
  return new Promise<{ readonly frames: readonly Figures[]; readonly code: number }>((resolve, reject) => {
    socket.on('open', () => socket.send(JSON.stringify(frame)));
    socket.on('message', (data: Buffer) => {
      const figures = JSON.parse(data.toString()) as Figures;
      if (isLast(figures, frames.push(figures))) socket.close();
    });
    socket.on('close', (code) => resolve({ frames, code }));
    socket.on('error', reject);
  });
}

test('an operator who follows sees a seat that is taken meanwhile, and the last frame is the answer', async () => {
  const who = await app.customer('coditect.starter');
  const at = await officeOf(app, who);
  const NONE = { running_sessions: 0, sessions: 0, memory_messages: 0 };
  const { frames } = await follow({ access_token: admin.key, seconds: 240 }, (figures, count) => {
    if (count === 1) {
      void at.seat('a');
      void app.call(who.key, 'POST /v1/sessions', { body: { client_id: 's' } });
    }
    return figures['running_sessions'] === 1;
  });
  expect(frames[0]).toMatchObject(NONE);
  expect(frames.at(-1)).toMatchObject({ running_sessions: 1, sessions: 1 });
  const short = await follow({ access_token: admin.key, seconds: 1 });
  expect([short.code, short.frames]).toMatchObject([1000, [{ sessions: 1 }, { done: true, sessions: 1 }]]);
});

test('without a socket the figures of now are answered at once; a customer and a stranger learn none', async () => {
  const now = await app.call(admin.key, 'POST /v1/admin/analytics/live');
  expect([now.status, now.body]).toMatchObject([200, { calls: 0, calling_accounts: 0 }]);
  const who = await app.customer('coditect.enterprise');
  expect((await follow({ access_token: who.key })).code).toBe(4403);
  expect((await follow({ access_token: 'pl_none' })).code).toBe(4401);
  for (const seconds of [0, 241, 1.5, '60', null])
    expect((await follow({ access_token: admin.key, seconds })).code, String(seconds)).toBe(4400);
});
