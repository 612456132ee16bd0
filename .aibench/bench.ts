import { spawn } from 'node:child_process';
import { Pool, type Dispatcher } from 'undici';
import { createAi } from '../src/platform/ai/ai.ts';
import { createPrices } from '../src/platform/ai/prices.ts';
import { systemClock, systemRandom } from '#platform/kernel';
const port = 18977;
const child = spawn(process.execPath, [new URL('./upstream.ts', import.meta.url).pathname, String(port)], { stdio: 'inherit' });
await new Promise((r) => setTimeout(r, 700));
const base = `http://127.0.0.1:${port}`;
const permit = () => { let calls = 1; let first = true; return { id: 'p', accountId: 'a1', userId: 'u', product: 'test', feature: 'chat', units: 1, reserve: 100000, requestId: '0193-request', get calls() { return calls; }, send: async () => { if (!first) calls++; first = false; return 'e'; }, served() {}, notServed() {}, unknown() {}, settle: async () => {}, release: async () => {} } as never; };
const ai = createAi({ upstreams: [{ name: 'sandbox', baseUrl: base + '/v1' }], prices: createPrices(), policies: { 'test.chat': { models: ['small'] } }, clock: systemClock, random: systemRandom });
const body = JSON.stringify({ model: 'sandbox-small', messages: [{ role: 'user', content: 'some words of a prompt '.repeat(52) }], max_tokens: 200 });
const sbody = JSON.stringify({ model: 'sandbox-small', messages: [{ role: 'user', content: 'some words of a prompt '.repeat(52) }], max_tokens: 200, stream: true });
const bytes = Buffer.from(body), sbytes = Buffer.from(sbody);
const pool = new Pool(base, { connections: 512, pipelining: 1, allowH2: false });
class Bare implements Dispatcher.DispatchHandler {
  chunks: Buffer[] = []; done; ok!: (b: Buffer) => void;
  constructor() { this.done = new Promise<Buffer>((r) => (this.ok = r)); }
  onRequestStart() {} onResponseStart() {} onResponseData(_c: unknown, c: Buffer) { this.chunks.push(c); }
  onResponseEnd() { this.ok(this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks)); }
  onResponseError(_c: unknown, e: Error) { throw e; }
}
const bare = async (b: Buffer, parse: boolean) => { const h = new Bare(); pool.dispatch({ path: '/v1/chat/completions', method: 'POST', headers: ['content-type', 'application/json'], body: b }, h); const out = await h.done; if (parse) { JSON.parse(b.toString()); JSON.parse(out.toString()); } };
const relay = async () => { const p = ai.door.prepareChat(bytes, 'test.chat'); await ai.door.relay(permit(), p, { response: () => sink }); };
const sink = { writeHead() {}, end() {}, write() { return true; }, on() {}, once() {}, destroyed: false } as never;
const srelay = async () => { const p = ai.door.prepareChat(sbytes, 'test.chat'); await ai.door.relay(permit(), p, { response: () => sink }); };
async function run(name: string, n: number, f: () => Promise<void>) {
  const go = async (m: number) => { let left = m; await Promise.all(Array.from({ length: 32 }, async () => { while (left-- > 0) await f(); })); };
  await go(n / 4);
  const c = process.cpuUsage(); const t = performance.now(); await go(n);
  const u = process.cpuUsage(c); const s = (performance.now() - t) / 1000;
  console.log(name.padEnd(28), `${((u.user + u.system) / n).toFixed(1)} µs CPU/call`, `${Math.round(n / s)}/s`);
}
for (let round = 0; round < 2; round++) {
  await run('bare dispatch', 30000, () => bare(bytes, false));
  await run('bare dispatch + parse', 30000, () => bare(bytes, true));
  await run('door.prepare + relay', 30000, relay);
  await run('bare stream', 6000, () => bare(sbytes, false));
  await run('door stream', 6000, srelay);
}
{ const n = 200000; const t = performance.now(); for (let i = 0; i < n; i++) ai.door.prepareChat(bytes, 'test.chat'); console.log('prepareChat', ((performance.now() - t) / n * 1000).toFixed(2), 'µs'); }
child.kill(); await ai.close(); await pool.destroy();
