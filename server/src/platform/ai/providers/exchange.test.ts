import { expect, test } from 'vitest';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { delta } from '@plinth/testkit/fixtures/ai/upstream';
import { createDeadlines } from './deadlines.ts';
import { Exchange } from './exchange.ts';
import { StreamHead } from '../streams/stream-meter.ts';

/** An exchange, and how often it has had undici pause and resume the connection. */
function openExchange() {
  const exchange = new Exchange({
    deadlines: createDeadlines(drivenTime()),
    timeouts: { first: 1_000, idle: 1_000, total: 1_000 },
    maxBytes: 1_000_000,
    head: new StreamHead(),
    answering: undefined,
  });
  const asked: string[] = [];
  const controller = {
    pause: () => void asked.push('pause'),
    resume: () => void asked.push('resume'),
    abort: () => void asked.push('abort'),
    aborted: false,
    paused: false,
    reason: null,
  };
  exchange.onRequestStart(controller);
  exchange.onResponseStart(controller, 200, {});
  return { exchange, controller, asked };
}

function recordingConsumer() {
  const heard: string[] = [];
  return {
    heard,
    data: (chunk: Buffer) => heard.push(chunk.toString('utf8')) > 0,
    end: () => void heard.push('END'),
    fail: (failure: string) => void heard.push(failure),
  };
}

test('a stream that comes whole with its beginning is its head, and its connection is never paused', async () => {
  const { exchange, controller, asked } = openExchange();
  const parts = [delta('one'), delta('two'), 'data: [DONE]\n\n'];
  for (const part of parts) exchange.onResponseData(controller, Buffer.from(part));
  exchange.onResponseEnd();
  expect((await exchange.ended).kind).toBe('stream');
  expect(exchange.head.toString('utf8')).toBe(parts.join(''));
  const consumer = recordingConsumer();
  exchange.attach(consumer);
  expect(consumer.heard).toEqual(['END']);
  expect(asked).toEqual([]);
});

test('a stream that goes on waits for its reader', async () => {
  const { exchange, controller, asked } = openExchange();
  exchange.onResponseData(controller, Buffer.from(delta('one')));
  await exchange.ended;
  const consumer = recordingConsumer();
  exchange.attach(consumer);
  expect(asked).toEqual(['pause']);
  exchange.resume();
  exchange.onResponseData(controller, Buffer.from(delta('two')));
  expect(asked).toEqual(['pause', 'resume']);
  expect(consumer.heard).toEqual([delta('two')]);
});
