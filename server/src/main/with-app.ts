import { type App, openApp } from '#app';
import { crashingAt } from './crash-hook.ts';
import type { Invocation } from './verb.ts';

/** The whole program for one task of an operator, named by `task`: it takes neither calls nor jobs. */
export async function withApp<T>(
  {
    config,
    version,
    migrate = false,
  }: Pick<Invocation, 'config' | 'version'> & { readonly migrate?: boolean },
  task: string,
  work: (app: App) => Promise<T>,
): Promise<T> {
  const crashHook = crashingAt(config.crashAt);
  const app = await openApp({
    config,
    version,
    serve: false,
    work: false,
    migrate,
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
