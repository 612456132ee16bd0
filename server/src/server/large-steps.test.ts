import { expect, test } from 'vitest';
import { serve, shopRoutes } from '@plinth/testkit/shop';
import { createLargeSteps } from './large-steps.ts';

/** Steps on a clock, and in turns of the event loop, that the test moves. */
function openSteps() {
  let time = 0;
  let due: { readonly at: number; readonly work: () => void }[] = [];
  const done: string[] = [];
  const steps = createLargeSteps({
    now: () => time,
    onNextTurn: (work) => void due.push({ at: time, work }),
    after: (milliseconds, work) => void due.push({ at: time + milliseconds, work }),
  });
  const gone = new AbortController();
  return {
    done,
    gone,
    begin: (lane: string, takes: number, { began = 0, signal = new AbortController().signal } = {}) =>
      steps.run({ began, lane, signal }, () => {
        time += takes;
        done.push(began === 0 ? lane : `${lane}${began}`);
      }),
    /** Lets other things have the loop for so long; answers which steps were done then. */
    async pass(milliseconds: number): Promise<readonly string[]> {
      const before = done.length;
      time += milliseconds;
      const now = due.filter(({ at }) => at <= time);
      due = due.filter(({ at }) => at > time);
      for (const { work } of now) work();
      for (let tick = 0; tick < 5; tick += 1) await Promise.resolve();
      return done.slice(before);
    },
  };
}

test('one step of all callers is done at a time, the callers have theirs by turns, and others have as long after each', async () => {
  const steps = openSteps();
  const all = [...Array(3).fill('a'), 'b', 'c', 'b'].map((lane: string) => steps.begin(lane, 30));
  expect(steps.done).toEqual(['a']);
  expect(await steps.pass(29)).toEqual([]);
  const rest = [await steps.pass(1)];
  for (let turn = 0; turn < 4; turn += 1) rest.push(await steps.pass(30));
  expect(rest).toEqual([['a'], ['b'], ['c'], ['a'], ['b']]);
  expect(await steps.pass(30)).toEqual([]);
  await Promise.all(all);
});

test('of one caller the oldest call goes on first', async () => {
  const steps = openSteps();
  const all = [1, 3, 2, 4].map((began) => steps.begin('a', 1, { began }));
  for (let turn = 0; turn < 3; turn += 1) await steps.pass(0);
  await Promise.all(all);
  expect(steps.done).toEqual(['a1', 'a2', 'a3', 'a4']);
});

test('short steps are done in turns that follow each other', async () => {
  const steps = openSteps();
  const all = [steps.begin('a', 1), steps.begin('a', 1)];
  expect(await steps.pass(0)).toEqual(['a']);
  await Promise.all(all);
});

test('a step whose call is over is not done, and neither are its bytes kept until its turn', async () => {
  const steps = openSteps();
  const first = steps.begin('a', 30);
  const left = steps.begin('a', 30, { signal: steps.gone.signal });
  const last = steps.begin('a', 30);
  steps.gone.abort(new Error('the client has gone'));
  await expect(left).rejects.toThrow('the client has gone');
  await expect(steps.begin('a', 30, { signal: steps.gone.signal })).rejects.toThrow('the client has gone');
  expect(await steps.pass(30)).toEqual(['a']);
  await Promise.all([first, last]);
  expect(steps.done).toHaveLength(2);
});

const { call } = await serve();
const post = (body: object) => call('/v1/items', { method: 'POST', as: 'token', body: JSON.stringify(body) });
const many = <T>(value: T) => Array<T>(10_000).fill(value);

test('others have turns of the loop between the steps in which a large body is parsed, looked through and checked', async () => {
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  const turns: number[] = [];
  const { parse } = JSON;
  Object.assign(JSON, {
    parse(text: string) {
      if (text.length > 16_384) turns.push(turn);
      return parse(text);
    },
  });
  const schema = shopRoutes.find(({ name }) => name === 'POST /v1/items')?.shape.body;
  if (schema === undefined) throw new Error('it takes no body');
  const { safeParse } = schema;
  Object.assign(schema, {
    safeParse(...given: Parameters<typeof safeParse>) {
      turns.push(turn);
      return safeParse(...given);
    },
  });
  count();
  const { status } = await post({ name: 'a', tags: many('a') });
  isOver = true;
  Object.assign(JSON, { parse });
  Object.assign(schema, { safeParse });
  expect(status).toBe(201);
  const [parsed = 0, checked = 0, ...more] = turns;
  expect(more).toEqual([]);
  // A step that waits for a timer may begin in the turn of the one before.
  expect(checked - parsed).toBeGreaterThanOrEqual(1);
});

test('of thousands of faults in a large body the first is named', async () => {
  const { status, json } = await post({ name: 'a', tags: many(1) });
  expect([status, json.error?.details?.['issues']]).toEqual([
    400,
    [{ path: 'body.tags.0', message: 'must be a string, not a number' }],
  ]);
});
