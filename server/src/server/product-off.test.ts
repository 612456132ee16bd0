import { request } from 'node:http';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { AppError } from '#platform/kernel';
import { serve, shopRoutes } from '@plinth/testkit/shop';

/** One that the program has declared: files that share a process share its list, and each code on it has a place in the docs. */
const OFF = 'gone';

const served = await serve(
  {},
  { mounted: [{ module: 'shop', routes: shopRoutes, service: {}, refusal: () => new AppError(OFF) }] },
);

test('every call of a product that is off is refused before anybody asks who calls, and is not in the document', async () => {
  for (const { method, path } of shopRoutes) {
    const { status, json } = await served.call(path.replaceAll(/:\w+/g, 'none'), { method });
    expect([method, path, status, json.error?.code]).toEqual([method, path, 410, OFF]);
  }
  expect(await served.call('/v1/nothing')).toMatchObject({
    status: 404,
    json: { error: { code: 'not_found' } },
  });
  expect(Object.keys((served.server.openApi() as { paths: object }).paths)).toEqual([]);
});

test('so is a socket, by HTTP', async () => {
  const upgrade = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': 'c29ja2V0IG9mIGEgdGVzdA==',
    'sec-websocket-version': '13',
  };
  const asked = request(`${served.url}/v1/talks/none/stream`, { headers: upgrade });
  asked.once('upgrade', () => asked.destroy(new Error('it was upgraded')));
  asked.end();
  const [response] = await once(asked, 'response');
  expect(response.statusCode).toBe(410);
  response.resume();
});
