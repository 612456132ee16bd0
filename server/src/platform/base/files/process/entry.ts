import { lockDown } from './lock-down.ts';
import type { ReaderOrder } from './read-file.ts';

lockDown();

// After the lock-down: what is loaded from here on finds nothing to call.
const { endAfter } = await import('./deadline.ts');
const { readFile } = await import('./read-file.ts');
const order = JSON.parse(process.argv[2] ?? '') as ReaderOrder;
endAfter(order.milliseconds);
await readFile(order);
process.exit(0);
