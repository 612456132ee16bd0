import { benchLimits } from './limits-quick.ts';
await benchLimits((line) => process.stderr.write(`${line}\n`));
