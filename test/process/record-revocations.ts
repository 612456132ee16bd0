import { openApp } from '#app';
import { readConfig } from '#platform/config';

/** Does what the job of each minute does, as a program of its own: a test that imported it would read all of the server. */
const app = await openApp({
  config: readConfig(process.env),
  version: 'test',
  serve: false,
  work: false,
  migrate: false,
  onLost: (reason) => {
    throw new Error(reason);
  },
});
await app.modules.services.backup.recorder.record();
await app.stop();
