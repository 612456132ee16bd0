import { expect, test } from 'vitest';
import { createLaneTurns, currentLane, runForEverybody, runInLane } from './lanes.ts';

test('all long works of an account have one slice together in a turn, however many they are', async () => {
  let time = 0;
  let next: (() => void)[] = [];
  const turns = createLaneTurns({
    atOnce: 1,
    slice: 1,
    now: () => time,
    onNextTurn: (begin) => void next.push(begin),
  });
  const done: string[] = [];
  const work = async (lane: string, steps: number) => {
    for (let step = 0; step < steps; step += 1) {
      await turns.next(lane);
      time += 0.4;
      done.push(lane);
    }
  };
  const works = [...Array.from({ length: 50 }, () => work('many', 6)), work('one', 6)];
  while (next.length > 0) {
    const [before, since] = [done.length, time];
    for (const begin of next.splice(0)) begin();
    for (let tick = 0; tick < 20; tick += 1) await Promise.resolve();
    // The last step of a slice begins before its end.
    expect(time - since).toBeLessThan(2);
    if (before < 8) expect(done.slice(before)).toContain('one');
  }
  await Promise.all(works);
  expect(done.filter((lane) => lane === 'many')).toHaveLength(300);
  expect(done.filter((lane) => lane === 'one')).toHaveLength(6);
});

test('work for everybody is in no lane, and neither is what goes on when its call is over', async () => {
  let isOver = false;
  const call = {
    get lane() {
      return isOver ? undefined : 'account';
    },
  };
  await runInLane(call, async () => {
    expect(runForEverybody(currentLane)).toBeUndefined();
    expect(await runForEverybody(async () => currentLane())).toBeUndefined();
    expect(currentLane()).toBe('account');
    isOver = true;
    expect(currentLane()).toBeUndefined();
  });
});
