/**
 * Loaded before the program (`--import`), in each of its threads: while the file that FULL names is there, files take no more bytes,
 * as on a full disk.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const write = fs.writeSync;
const refuseWrite = (...asked: unknown[]) => {
  if (Number(asked[0]) > 2 && fs.existsSync(process.env['FULL'] ?? ''))
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      errno: -28,
      syscall: 'write',
    });
  return Reflect.apply(write, fs, asked) as unknown;
};
Object.assign(fs, { writeSync: refuseWrite });
syncBuiltinESMExports();
