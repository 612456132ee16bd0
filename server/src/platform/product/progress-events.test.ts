import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WorkStatus } from './following.ts';
import {
  eventsAfter as after,
  isComplete,
  type Progress,
  type ProgressEvent,
  type ProgressPosition,
  positionFrom,
} from './progress-events.ts';

function view(status: WorkStatus, stored: number): Progress {
  return {
    status,
    error: status === 'failed' ? { code: 'provider_rejected', message: '' } : undefined,
    results: Array.from({ length: stored }, (_, n) => ({ id: `v${n + 1}` })),
    whole: () => ({ status }),
  };
}

const eventsAfter = (told: ProgressPosition, progress: Progress) => after(told, progress, 'variant');

/** An event, in a word. */
function word({ event, data }: ProgressEvent): string {
  const { status, id } = data as { status?: string; id?: string };
  return event === 'done' ? `done ${status}` : (status ?? id ?? event);
}

/** A history of some work: it waits, runs, gets its results and ends; a reader may look at any of its states. */
const history = fc
  .record({
    stored: fc.nat({ max: 5 }),
    end: fc.constantFrom<WorkStatus>('completed', 'failed', 'cancelled'),
  })
  .map(({ stored, end }) => [
    view('queued', 0),
    ...Array.from({ length: stored + 1 }, (_, n) => view('running', n)),
    view(end, stored),
  ]);

/** A reader who looks at some of the states, and loses the stream after some of the events. */
const reader = fc.record({
  looks: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
  cuts: fc.infiniteStream(fc.boolean()),
});

describe('a reader of some work', () => {
  test('who loses the stream at any event misses nothing and hears nothing twice, by the last event’s id alone', () => {
    fc.assert(
      fc.property(history, reader, (states, { looks, cuts }) => {
        const last = states.at(-1) ?? view('queued', 0);
        const seen = [...states.filter((_, n) => looks[n]), last];
        const heard: string[] = [];
        let id: string | undefined;
        for (const state of seen) {
          // Each connection begins with what the client sends, and may break after any event.
          for (let whole = false; !whole; ) {
            whole = true;
            for (const event of eventsAfter(positionFrom(id, state), state)) {
              heard.push(word(event));
              id = event.id;
              whole = cuts.next().value === false;
              if (!whole) break;
            }
          }
        }
        const { status } = last;
        expect(heard.filter((one) => one.startsWith('v'))).toEqual(
          last.results.map((one) => (one as { id: string }).id),
        );
        expect(heard.slice(-2)).toEqual([status, `done ${status}`]);
        expect(new Set(heard).size).toBe(heard.length);
        expect(isComplete(positionFrom(id, last), last)).toBe(true);
      }),
    );
  });

  test('hears the whole of it, in order', () => {
    const events = [view('queued', 0), view('running', 0), view('running', 2), view('completed', 3)].reduce<
      ProgressEvent[]
    >((all, state) => [...all, ...eventsAfter(positionFrom(all.at(-1)?.id, state), state)], []);
    expect(events.map((event) => [event.id, word(event)])).toEqual([
      ['0.0', 'queued'],
      ['0.1', 'running'],
      ['1.1', 'v1'],
      ['2.1', 'v2'],
      ['3.1', 'v3'],
      ['3.2', 'completed'],
      ['3.3', 'done completed'],
    ]);
  });

  test('hears why it failed', () => {
    const [status] = eventsAfter(positionFrom('0.1', view('failed', 0)), view('failed', 0));
    expect(status?.data).toEqual({ status: 'failed', error: { code: 'provider_rejected', message: '' } });
  });

  test('hears of another end when it was started once more', () => {
    const again = eventsAfter(positionFrom('0.2', view('queued', 0)), view('queued', 0));
    expect(again.map(word)).toEqual(['queued']);
    const completed = view('completed', 1);
    expect(eventsAfter(positionFrom(again[0]?.id, completed), completed).map(word)).toEqual([
      'v1',
      'completed',
      'done completed',
    ]);
  });

  test.each(['', 'x', '1', '1.4', '-1.0', '0.0.0', '6.1', '3.1', '01.1', ' 0.0'])(
    'who comes with an id that was never given out (%o) is refused',
    (id) => {
      expect(() => positionFrom(id, view('running', 2))).toThrow('The Last-Event-ID is not one');
    },
  );
});
