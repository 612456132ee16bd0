import { type App, openApp } from '#app';
import { crashingAt } from './crash.ts';
import type { Invocation } from './verb.ts';

/** The whole program for one task of an operator, named by `task`: it takes neither calls nor jobs. */
export async function withApp<T>(
  { config, version }: Invocation,
  task: string,
  work: (app: App) => Promise<T>,
): Promise<T> {
  const crashHook = crashingAt(config.crashAt);
  const app = await openApp({
    config,
    version,
    serve: false,
    work: false,
    migrate: false,
    ...(crashHook === undefined ? {} : { crashHook }),
    onLost(reason) {
      process.stderr.write(`${reason}: this ${task} ends; begin it again.\n`);
      process.exit(1);
    },
  });
  try {
    return await work(app);
  } finally {
    await app.stop();
  }
}
