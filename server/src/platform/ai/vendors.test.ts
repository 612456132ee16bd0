import type { Dispatcher } from 'undici';
import { describe, expect, test } from 'vitest';
import { micros as asMicros, isRecord, jsonIn } from '#platform/kernel';
import type { Usage } from '#platform/limits';
import { createDeadlines } from './providers/deadlines.ts';
import { eventsIn } from './streams/events.ts';
import { Exchange } from './providers/exchange.ts';
import { LiveStream } from './pipe/live-stream.ts';
import { brokenStreamError } from './pipe/outcome.ts';
import { cost, createPrices } from './metering/prices.ts';
import { StreamHead, StreamMeter } from './streams/stream-meter.ts';
import { VENDOR_STREAMS } from '@plinth/testkit/fixtures/ai/streams';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';

const price = createPrices().of('openai', 'gpt-4.1');
const deadlines = createDeadlines(drivenTime());

/** A provider that sends these parts, each when it is asked for more. */
function dispatcherOf(parts: readonly Buffer[]): Pick<Dispatcher, 'dispatch'> {
  return {
    dispatch(_request, handler) {
      let at = 0;
      let paused = false;
      const controller: Dispatcher.DispatchController = {
        get paused() {
          return paused;
        },
        aborted: false,
        reason: null,
        abort: () => {},
        pause() {
          paused = true;
        },
        resume() {
          paused = false;
          send();
        },
      };
      function send(): void {
        while (at <= parts.length) {
          if (controller.paused) return;
          const part = parts[at];
          at += 1;
          if (part === undefined) handler.onResponseEnd?.(controller, {});
          else handler.onResponseData?.(controller, part);
        }
      }
      handler.onRequestStart?.(controller, {});
      handler.onResponseStart?.(controller, 200, { 'content-type': 'text/event-stream' }, 'OK');
      send();
      return true;
    },
  };
}

interface Seen {
  readonly text: string;
  readonly end: string;
  readonly usage: unknown;
  readonly micros: number | undefined;
  readonly shown: number;
  readonly id: string | undefined;
}

/** The end of a stream that comes in these parts, all the way from the connection to the reader. */
async function relayed(parts: readonly Buffer[], wanted = false): Promise<Seen> {
  const exchange = new Exchange({
    deadlines,
    timeouts: { first: 1_000, idle: 1_000, total: 1_000 },
    maxBytes: 1_000_000,
    head: new StreamHead(),
    answering: undefined,
  });
  const request = { origin: 'http://127.0.0.1', path: '/', method: 'POST' } as const;
  exchange.send(dispatcherOf(parts) as Dispatcher, request);
  const ended = await exchange.ended;
  if (ended.kind !== 'stream') throw new Error(`expected a stream, not ${ended.kind}`);
  const meter = new StreamMeter({ wanted });
  const live = new LiveStream({
    source: exchange,
    meter,
    post: () => NOTHING_POSTED,
    brokenBy: (said) => brokenStreamError(said, ''),
  });
  const passed: Buffer[] = [];
  live.pipe({ write: (chunk) => passed.push(chunk) > 0, end: () => {}, fail: () => {} });
  const end = await live.finished;
  const { usage, shownTokens: shown, id } = meter;
  const micros = usage === undefined || price === undefined ? undefined : cost(price, usage);
  return { text: Buffer.concat(passed).toString('utf8'), end, usage, micros, shown, id };
}

/** Without the events that hold usage alone, and with [DONE]. */
function expectedText(stream: Buffer): string {
  const events = stream
    .toString('utf8')
    .split(/(?<=\n\r?\n)/)
    .filter((event) => {
      const answer = jsonIn([...eventsIn(event)][0] ?? '');
      return !(
        isRecord(answer) &&
        Array.isArray(answer['choices']) &&
        answer['choices'].length === 0 &&
        isRecord(answer['usage'])
      );
    });
  const text = events.join('');
  return upToDone(text);
}

/** A comment that comes after the end says nothing any more. */
function upToDone(text: string): string {
  const [whole = '', done] = text.split(/(?<=data: ?\[DONE\]\r?\n\r?\n)/);
  return done !== undefined || whole.includes('[DONE]') ? whole : `${text}data: [DONE]\n\n`;
}

function inTwo(stream: Buffer, at: number): Buffer[] {
  return [stream.subarray(0, at), stream.subarray(at)];
}

function windows(stream: Buffer): Buffer {
  return Buffer.from(stream.toString('utf8').replaceAll('\n', '\r\n'));
}

/** Figures of these streams are of no concern here. */
const NOTHING_POSTED: Usage = {
  provider: '',
  model: '',
  providerRequestId: undefined,
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
  cost: asMicros(0),
  charged: asMicros(0),
  priceVersion: '',
  estimated: false,
};

describe.each(VENDOR_STREAMS)('a stream as $name sends it', ({ bytes, usage, shownTokens, id }) => {
  test('is passed on whole, and its usage, words and id are read', async () => {
    expect(await relayed([bytes])).toMatchObject({
      text: expectedText(bytes),
      end: 'complete',
      usage,
      shown: shownTokens,
      id,
    });
  });

  test('keeps its usage for a caller who asked for it', async () => {
    const { text } = await relayed([bytes], true);
    expect(text).toBe(upToDone(bytes.toString('utf8')));
  });

  test.each([
    ['LF', (stream: Buffer) => stream],
    ['CR LF', windows],
  ])(
    'gives the same bytes, usage, cost and end however it is cut, with lines that end in %s',
    async (_how, form) => {
      const stream = form(bytes);
      const whole = await relayed([stream]);
      expect(whole).toMatchObject({ end: 'complete', usage, shown: shownTokens });
      for (let at = 1; at < stream.length; at += 1) {
        const seen = await relayed(inTwo(stream, at));
        // Compared by hand first: a matcher for each of many thousand cuts takes minutes.
        if (JSON.stringify(seen) !== JSON.stringify(whole)) expect({ at, ...seen }).toEqual({ at, ...whole });
      }
      expect(await relayed([...stream].map((byte) => Buffer.from([byte])))).toEqual(whole);
    },
  );

  test('that is cut off before its end is never called complete, nor are its figures', async () => {
    const end = bytes.indexOf('"finish_reason":"');
    const { end: how, usage: figures } = await relayed([bytes.subarray(0, end)]);
    expect([how, figures]).toEqual(['cut', undefined]);
  });
});
