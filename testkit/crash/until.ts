import { setTimeout } from 'node:timers/promises';

/** Longer than the sweeper takes to look, and a job to be found when its time has come. */
const PATIENCE = 120_000;
const INTERVAL = 50;

/** Reads again and again until the result is as wanted, two minutes at most; answers the last one. */
export async function readUntil<T>(read: () => Promise<T>, isWanted: (value: T) => boolean): Promise<T> {
  const late = Date.now() + PATIENCE;
  for (;;) {
    const value = await read();
    if (isWanted(value) || Date.now() > late) return value;
    await setTimeout(INTERVAL);
  }
}
