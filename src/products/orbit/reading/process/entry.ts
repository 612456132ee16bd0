import type { ReadingOrder } from '../protocol.ts';
import { lockDown } from './lock-down.ts';

lockDown();

// After the lock-down: what is loaded from here on finds nothing to call.
const { endAfter } = await import('./deadline.ts');
const { readDocument } = await import('./read-document.ts');
const order = JSON.parse(process.argv[2] ?? '') as ReadingOrder;
endAfter(order.milliseconds);
await readDocument(order);
process.exit(0);
