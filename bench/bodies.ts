import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { makeCustomers } from './customers.ts';
import { type Figures, round } from './figures.ts';
import { onDatabaseWithModels, withApp } from './server.ts';

const MIB = 1_048_576;
const SIZES = [8, 30];
const TRIES = 3;
/** What fills a body: one string is what every other kind is compared with. */
const FILLINGS: Readonly<Record<string, readonly [before: string, part: string, after: string]>> = {
  string: ['"', 'x', '"'],
  arrays: ['[', '[],', '0]'],
  numbers: ['[', '1,', '0]'],
  keys: ['{', '"a":0,', '"a":0}'],
  depth: ['', '[', ''],
  escapes: ['"', '\\"', '"'],
};

/** Sends a body from a thread of its own, so that the loop that is measured is the server's alone. */
const SENDER = `const { parentPort, workerData: { url, key, before, part, after, bytes } } = require('node:worker_threads');
const content = before + part.repeat(bytes / part.length) + after;
const body = '{"model":"small","messages":[{"role":"user","content":' + content + '}]}';
fetch(url + '/v1/ai/chat/completions', { method: 'POST', body,
  headers: { authorization: 'Bearer ' + key, 'content-type': 'application/json' } })
  .then((response) => response.text().then(() => response.status), () => 0).then((status) => parentPort.postMessage(status));`;

/** Says how long the event loop is held, at most, while a caller sends the worst bodies: milliseconds, and times that of one string. */
export async function benchBodies(say: (line: string) => void): Promise<Figures> {
  return onDatabaseWithModels(async (settings) => {
    const [key = ''] = await makeCustomers(settings, 1, 'gateway.scale');
    return withApp(settings, { work: false, migrate: false }, async (app) => {
      const { url } = await app.server.listen();
      const figures: Record<string, unknown> = {};
      for (const size of SIZES) {
        let ofString = Number.NaN;
        for (const [name, [before, part, after]] of Object.entries(FILLINGS)) {
          const order = { url, key, before, part, after, bytes: size * MIB };
          let hold = Number.POSITIVE_INFINITY;
          let status = 0;
          for (let tries = 0; tries < TRIES; tries += 1) {
            const tried = await holdOf(order);
            hold = Math.min(hold, tried.hold);
            status = tried.status;
          }
          if (name === 'string') ofString = hold;
          figures[`${name}_${size}mb_ms`] = round(hold);
          figures[`${name}_${size}mb_vs_string`] = round(hold / ofString);
          say(`${name}, ${size} MB: ${status}, ${round(hold)} ms, ${round(hold / ofString)} times a string`);
        }
      }
      return figures;
    });
  });
}

async function holdOf(order: object): Promise<{ readonly hold: number; readonly status: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const sender = new Worker(SENDER, { eval: true, workerData: order });
  delay.enable();
  const [status] = (await once(sender, 'message')) as [number];
  delay.disable();
  await sender.terminate();
  return { hold: delay.max / 1e6, status };
}
